"""Plans of the engine's passes, as CloudFormation's Lambdas would make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.cli.options.outside import ConnectedAccount
from reconciler.cli.plans.document import PlannedAction
from reconciler.cli.plans.history import CompileHistory
from reconciler.cli.plans.making import Describer
from reconciler.cli.plans.planning import READING
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Identity, Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import Operation
from reconciler.core.ports import Clock
from reconciler.engine.lease import NoLease
from reconciler.engine.manifest_store import InMemory
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, PassOptions, Reconciler


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerPass:
    """A pass over the jobs of one owner, by a deployment.

    Attributes:
        may_end: Which undeclared jobs the deployment ends.
        prune: Whether it deletes finished records.
        protected: Identities whose records it keeps.
        manifest: What is known of the owner's jobs; None if that is read of the jobs themselves.
        trust_completed: Whether COMPLETED is believed without a look at tags and artifact.
    """

    owner: Owner
    declarations: tuple[Declaration, ...]
    may_end: Callable[[ObservedJob], bool]
    prune: bool
    dropped_tags: frozenset[str] = frozenset()
    bucket_owner: str | None = None
    protected: frozenset[Identity] = frozenset()
    manifest: Manifest | None = None
    trust_completed: bool = False


@dataclass(frozen=True, slots=True)
class EnginePlanning:
    """Plans passes against an account; changes nothing."""

    account: ConnectedAccount
    clock: Clock
    pause: Callable[[float], None]

    def actions(self, made: OwnerPass) -> Iterable[PlannedAction]:
        """Return the actions of a pass in the words of plans. Raises PortError, PlanError."""
        now = self.clock.now()
        desired = DesiredState(
            made.owner, made.declarations, Operation("deployment", now), self.account.region,
            dropped_tags=made.dropped_tags, bucket_owner=made.bucket_owner,
        )  # fmt: skip
        options = PassOptions(
            until=now + READING, retry_rejected=True, prune=made.prune, protected=made.protected,
            trust_completed=made.trust_completed, in_scope=made.may_end,
        )  # fmt: skip
        reconciler = Reconciler(self._ports(), NoLease(), InMemory(made.owner, made.manifest))
        planned = reconciler.plan(desired, options)
        history = CompileHistory.of([planned.snapshot])
        return Describer(self.account.gateway, made.owner.name, planned, history).actions()

    def _ports(self) -> Ports:
        return Ports(
            gateway=self.account.gateway, artifacts=self.account.artifacts, clock=self.clock,
            pause=self.pause, progress=_quiet,
        )  # fmt: skip


def _quiet(event: str, **fields: str | int | float | bool | None) -> None:
    """Report nothing: a plan changes nothing."""
