"""Checks of a request at synthesis, by the rules that the CLI and the Lambda share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from constructs import Construct

from neo_constructs.errors import InvalidJobError, in_one_line
from neo_constructs.synth.late_bound import SplitRequest
from neo_constructs.synth.tokens import is_token
from reconciler.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy


class _Late:
    """Stands for a value that is unknown at synthesis; the Lambda checks it."""


LATE: Final = _Late()
"""A value in a literal request that only the deployment knows."""


def check(scope: Construct, path: str, split: SplitRequest, region: str) -> None:
    """Raise InvalidJobError with all errors that rules find; annotate their warnings.

    Suggestions (severity info) are left to ``neoctl validate``.
    """
    from reconciler.rules.check import check_job  # loaded when the first job is judged

    found = check_job(_known(split), region=None if is_token(region) else region, is_late=_is_late)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        raise InvalidJobError(path, errors)
    for finding in found:
        if finding.severity is Severity.WARNING:
            cdk.Annotations.of(scope).add_warning_v2(finding.code, in_one_line(finding))


def breaches(
    split: SplitRequest, policy: OrganisationPolicy, region: str | None = None
) -> list[Finding]:
    """Return what a request, as far as it is known, violates of an organisation's policy."""
    from reconciler.rules.check import check_job

    wire = _known(split)
    found = check_job(wire, policy=policy, region=region, is_late=_is_late)
    usual = check_job(wire, region=region, is_late=_is_late)
    return [finding for finding in found if finding not in usual]


def _is_late(value: object) -> bool:
    return isinstance(value, _Late)


def _known(split: SplitRequest) -> Mapping[str, object]:
    wire = _copied(split.literal)
    for pointer in split.late:
        _put(wire, pointer.partition("#")[0].split("/")[1:])
    return wire


def _copied(node: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _copied(value) if isinstance(value, Mapping) else value
        for name, value in node.items()
    }


def _put(node: dict[str, object], steps: Sequence[str]) -> None:
    for step in steps[:-1]:
        child = node.setdefault(step, {})
        assert isinstance(child, dict)  # a list or plain value is late as a whole
        node = child
    node[steps[-1]] = LATE
