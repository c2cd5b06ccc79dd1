"""Checks of a request at synthesis, by the rules that the CLI and the Lambda share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from constructs import Construct

from neo_constructs.request.invalid_job import InvalidJobError
from neo_constructs.synth.tokens import is_token
from reconciler.core.extraction import Extracted
from reconciler.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy


class _DeployTime:
    """Stands for a value that is unknown at synthesis; the Lambda checks it."""


DEPLOY_TIME: Final = _DeployTime()
"""A value in a literal request that only the deployment knows."""


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
