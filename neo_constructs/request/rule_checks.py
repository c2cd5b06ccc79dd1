"""Checks of a request at synthesis: by the rules that the CLI and the Lambda share, and whether a
deployment can wait for the job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
from constructs import Construct

from neo_constructs.request.invalid_job import InvalidJobError
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import is_token
from reconciler.core.contract import IAM_LAG, MAX_DEADLINE
from reconciler.core.extraction import Extracted
from reconciler.core.fields import MAX_PENDING, MAX_RUNTIME
from reconciler.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy


QUEUE_SECONDS: Final = 300
"""Time for a job to leave STARTING if max_pending is not given."""


class _DeployTime:
    """Stands for a value that is unknown at synthesis; the Lambda checks it."""


DEPLOY_TIME: Final = _DeployTime()
"""A value in a literal request that only the deployment knows."""


def check_deadline(scope: Construct, path: str, request: Mapping[str, Any]) -> None:
    """Raise ConstructError if a deployment that waits could run out of time before the job.

    Counted are the time to start (max_pending if given, else 5 minutes), 2 minutes until a new
    role works everywhere, and max_runtime. Warn of a max_runtime that only the deployment knows.
    """
    runtime, pending = request[MAX_RUNTIME], request.get(MAX_PENDING)
    lag = IAM_LAG.total_seconds()
    if is_token(runtime) or is_token(pending):
        cdk.Annotations.of(scope).add_warning_v2("neo:unknownRuntime", (
            "max_runtime or max_pending is known at deployment only; a deployment waits some "
            f"{MAX_DEADLINE.total_seconds() - lag:.0f} seconds for both together, and stops the "
            "job then. Give the parameter a MaxValue, or pass wait=False"
        ))  # fmt: skip
        return
    queue = max(QUEUE_SECONDS, pending or 0)
    allowed = MAX_DEADLINE.total_seconds() - lag - queue
    if runtime > allowed:
        raise ConstructError(
            path,
            f"max_runtime is {runtime:.0f} seconds, which a deployment cannot wait "
            f"for: CloudFormation gives a custom resource one hour, of which {queue:.0f} seconds "
            f"go to {'max_pending' if pending else 'starting'} and {lag:.0f} to a new role; at "
            f"most {allowed:.0f} seconds are left. Lower max_runtime, or pass wait=False: the "
            "deployment then ends when the job is accepted.",
        )


def check(scope: Construct, path: str, extracted: Extracted, region: str) -> None:
    """Raise InvalidJobError with all errors that rules find; annotate their warnings.

    Suggestions (severity info) are left to ``neoctl validate``.
    """
    from reconciler.rules.families.check import check_job  # loaded when the first job is checked

    known = None if is_token(region) else region
    found = check_job(extracted.marked(DEPLOY_TIME), region=known, is_deploy_time=_is_deploy_time)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        raise InvalidJobError(path, errors)
    for finding in found:
        if finding.severity is Severity.WARNING:
            cdk.Annotations.of(scope).add_warning_v2(finding.code, str(finding))


def breaches(
    wire: Mapping[str, object], policy: OrganisationPolicy, region: str | None = None
) -> list[Finding]:
    """Return what a request, DEPLOY_TIME in it, violates of an organisation's policy."""
    from reconciler.rules.families.check import check_job

    found = check_job(wire, policy=policy, region=region, is_deploy_time=_is_deploy_time)
    usual = check_job(wire, region=region, is_deploy_time=_is_deploy_time)
    return [finding for finding in found if finding not in usual]


def _is_deploy_time(value: object) -> bool:
    return value is DEPLOY_TIME
