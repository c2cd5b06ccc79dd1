"""Execute: carry out one action of a plan, by one call or two.

Whether the action may still be carried out (lease, fence, time) is the caller's to ask, and what
an error means is in ``errors``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from reconciler.core.canonical import Json
from reconciler.core.ownership import OPERATION, ownership_tags
from reconciler.core.plan import (
    Adopt,
    Create,
    Creation,
    Delete,
    Mutation,
    NextAttempt,
    Retag,
    Stop,
)
from reconciler.core.ports import Artifacts, Gateway
from reconciler.engine.errors import RequestRejected
from reconciler.engine.source import check_source

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy


@dataclass(frozen=True, slots=True)
class Executor:
    """Carries out the actions of one operation.

    Attributes:
        operation_id: What created and adopted jobs are tagged with.
        region: Where jobs are created; some rules depend on it.
        policy: What the organisation demands of every request, if anything.
    """

    gateway: Gateway
    artifacts: Artifacts
    operation_id: str
    region: str
    policy: OrganisationPolicy | None = None

    def check_rules(self, creation: Creation) -> None:
        """Check a request before anything is started. Raises RequestRejected."""
        reject_invalid(self._request(creation), self.region, self.policy)

    def check_source(self, creation: Creation) -> None:
        """Check that the declared model is the one in S3. Raises RequestRejected, PortError."""
        check_source(creation.declaration, self.artifacts)

    def execute(self, action: Mutation) -> str:
        """Carry out an action; return the ARN of the job. Raises PortError."""
        match action:
            case Create() | NextAttempt():
                return self.gateway.create(self._request(action))
            case Adopt():
                self.gateway.add_tags(action.job.arn, {OPERATION: self.operation_id})
            case Retag():
                self._retag(action)
            case Stop():
                self.gateway.stop(action.job.name)
            case Delete():
                self.gateway.delete(action.job.name)
            case _:
                assert_never(action)
        return action.job.arn

    def _retag(self, action: Retag) -> None:
        if action.to_set:
            self.gateway.add_tags(action.job.arn, dict(action.to_set))
        if action.to_remove:
            self.gateway.remove_tags(action.job.arn, action.to_remove)

    def _request(self, creation: Creation) -> dict[str, Json]:
        declaration, name = creation.declaration, creation.name
        tags = ownership_tags(declaration, name, self.operation_id)
        return declaration.create_request(str(name), tags)


def reject_invalid(
    request: Mapping[str, Json], region: str, policy: OrganisationPolicy | None = None
) -> None:
    """Raise RequestRejected with every error that the rules and the policy find."""
    # Late: a Lambda's start does without the rules, and most of its runs create nothing.
    from reconciler.rules.families.check import check_job
    from reconciler.rules.finding import Severity

    found = check_job(request, region=region, policy=policy)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        raise RequestRejected(
            "The declaration is invalid. " + " ".join(f"{each.code} {each}" for each in errors)
        )
