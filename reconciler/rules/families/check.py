"""The entry points: one request, or requests that are declared together, against all rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from reconciler.rules.api import well_formed
from reconciler.rules.families import (
    api_model,
    compiler_options,
    data_input_config,
    settings,
    storage,
    target,
)
from reconciler.rules.finding import Finding
from reconciler.rules.job import IsDeployTime, job_of, never_deploy_time

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy

_CHECKS: Final = (
    target.check, data_input_config.check, compiler_options.check, storage.check, settings.check,
)  # fmt: skip


def check_job(
    wire: Mapping[str, object],
    *,
    region: str | None = None,
    policy: OrganisationPolicy | None = None,
    is_deploy_time: IsDeployTime = never_deploy_time,
) -> list[Finding]:
    """Return every finding about one CreateCompilationJob request, in the order of the rules.

    Args:
        wire: The request in the API's form, with or without CompilationJobName.
        region: Where the job will run; rules that depend on it are silent without it.
        policy: The organisation's demands, if there are any.
        is_deploy_time: Says whether a value is unknown yet (a CDK token). Such values are left out
            here, and checked by the same rules when they are real.

    Never raises, whatever is in the request.
    """
    findings = [] if well_formed(wire, is_deploy_time) else api_model.check(wire)
    if is_deploy_time is not never_deploy_time and findings:
        findings = [
            item for item in findings if not _is_deploy_time_at(wire, item.path, is_deploy_time)
        ]
    job = job_of(wire, region, is_deploy_time)
    for check in _CHECKS:
        findings.extend(check(job))
    if policy is not None:
        from reconciler.rules.families import organisation_policy

        findings.extend(organisation_policy.check(job, policy))
    return findings


def _is_deploy_time_at(wire: Mapping[str, object], path: str, is_deploy_time: IsDeployTime) -> bool:
    """Return whether the value at a path, or one that it is part of, is a deploy-time value."""
    value: object = wire
    if is_deploy_time(value):
        return True
    for step in path.replace("[", ".[").split("."):
        if step.startswith("[") and isinstance(value, (list, tuple)):
            index = int(step[1:-1])
            value = value[index] if index < len(value) else None
        elif isinstance(value, Mapping):
            value = value.get(step)
        if value is not None and is_deploy_time(value):
            return True
    return False
