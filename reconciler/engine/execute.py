"""Act: carry out a plan's mutations, each behind the fence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from reconciler.core.canonical import Json
from reconciler.core.identity import JobName
from reconciler.core.ownership import OPERATION, ownership_tags
from reconciler.core.plan import (
    Adopt,
    Create,
    Delete,
    Mutation,
    NextAttempt,
    Retag,
    Stop,
    job_name,
    kind,
)
from reconciler.core.ports import Gateway
from reconciler.handler.answer import ResourceFailed
from reconciler.handler.fence import Fence, Superseded
from reconciler.handler.log import Log
from reconciler.rules.check import check_job
from reconciler.rules.finding import Finding, Severity
from reconciler.rules.organisation_policy import OrganisationPolicy


@dataclass(frozen=True, slots=True)
class Executor:
    """Carries out mutations for one operation."""

    gateway: Gateway
    fence: Fence
    operation_id: str
    region: str
    log: Log
    count: Callable[[str], None]
    policy: OrganisationPolicy | None = None

    def execute(self, action: Mutation) -> None:
        """Do it. Raises Superseded before anything is changed if the stack has moved on."""
        if isinstance(action, Create | NextAttempt):
            refuse_invalid(self._request(action), self.region, self.policy)
        self.fence.check()
        self.log("acting", action=kind(action), job=job_name(action), reason=action.reason)
        match action:
            case Create() | NextAttempt():
                self._create(action)
            case Adopt():
                self.gateway.add_tags(action.job.arn, {OPERATION: self.operation_id})
            case Retag():
                self._retag(action)
            case Stop():
                self._stop(action.job.name)
            case Delete():
                self.gateway.delete(action.job.name)
            case _:
                assert_never(action)

    def _create(self, action: Create | NextAttempt) -> None:
        self.gateway.create(self._request(action))
        self.count("JobsCreated")
        try:
            self.fence.check()
        except Superseded:
            self.log("superseded after create, stopping", job=str(action.name))
            self._stop(str(action.name))
            raise

    def _stop(self, name: str) -> None:
        self.gateway.stop(name)
        self.count("JobsStopped")

    def _request(self, action: Create | NextAttempt) -> dict[str, Json]:
        return request_of(action, action.name, self.operation_id)

    def _retag(self, action: Retag) -> None:
        if action.to_set:
            self.gateway.add_tags(action.job.arn, dict(action.to_set))
        if action.to_remove:
            self.gateway.remove_tags(action.job.arn, action.to_remove)


def request_of(action: Create | NextAttempt, name: JobName, operation_id: str) -> dict[str, Json]:
    """The request that an action sends, for the job of this name."""
    declaration = action.declaration
    return declaration.create_request(str(name), ownership_tags(declaration, name, operation_id))


def refuse_invalid(
    request: Mapping[str, Json], region: str, policy: OrganisationPolicy | None = None
) -> None:
    """Check a request by the rules and the organisation's policy before anything is started.

    Raises ResourceFailed with every error found.
    """
    found = check_job(request, region=region, policy=policy)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        raise ResourceFailed(
            "The declaration is invalid. " + " ".join(_told(each) for each in errors)
        )


def _told(finding: Finding) -> str:
    parts = [f"{finding.code} {finding.path}: {finding.message}"]
    if finding.got:
        parts.append(f"got {finding.got}")
    if finding.allowed:
        parts.append(f"allowed: {finding.allowed}")
    return ", ".join(parts) + "." + (f" {finding.hint}" if finding.hint else "")
