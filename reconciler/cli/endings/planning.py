"""Plan the end of jobs of ours: what ``stop``, ``destroy`` and ``prune`` have in common.

The engine plans as if nothing were declared, and its plan ends only jobs whose name and tags say
that they are ours. Of that plan a verb keeps the jobs that it is meant for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from reconciler.cli.options.outside import AccountView
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.document import (
    ActionKind,
    Basis,
    PlanDocument,
    PlannedAction,
    in_order,
)
from reconciler.core.contract import IAM_LAG
from reconciler.core.identity import Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import Operation
from reconciler.core.ownership import LOGICAL_NAME
from reconciler.core.plan import Delete, Stop
from reconciler.core.ports import Clock
from reconciler.engine.lease import NoLease
from reconciler.engine.manifest_store import NoManifest
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, PassOptions, Planned, Reconciler

_READING: Final = timedelta(hours=1)
_THEN_DELETED: Final = "its record is deleted once it has stopped"


@dataclass(frozen=True, slots=True)
class EndingChoice:
    """Which jobs a verb ends.

    Attributes:
        owners: Whose jobs they are.
        is_named: Which jobs are looked at, by name: no tags are read of the others.
        chosen: Returns, of jobs that are ours, the names of those that are to end.
        deletes_records: Whether records of ended jobs are deleted; else jobs are only stopped.
        reason: Why they end.
    """

    owners: frozenset[Owner]
    is_named: Callable[[str], bool]
    chosen: Callable[[Sequence[ObservedJob]], Collection[str]]
    deletes_records: bool
    reason: str


@dataclass(frozen=True, slots=True)
class EndingPlanner:
    """Plans which jobs of an account end; changes nothing."""

    account: AccountView
    clock: Clock
    pause: Callable[[float], None]

    def plan(self, choice: EndingChoice) -> PlanDocument:
        """Return the plan. Raises PortError."""
        actions = [
            action for owner in sorted(choice.owners) for action in self._of_owner(choice, owner)
        ]
        return PlanDocument(
            account=self.account.id, region=self.account.region, source=Basis.ACCOUNT,
            made=self.clock.now().replace(microsecond=0).isoformat(),
            choices=PlanChoices(prune=choice.deletes_records), actions=in_order(actions),
        )  # fmt: skip

    def _of_owner(self, choice: EndingChoice, owner: Owner) -> Iterator[PlannedAction]:
        planned = self._planned(choice, owner)
        yield from _unread(planned, owner, choice)
        endings = [each for each in planned.plan.actions if isinstance(each, Stop | Delete)]
        chosen = set(choice.chosen([ending.job for ending in endings]))
        for ending in endings:
            if ending.job.name in chosen:
                yield _action(ending, owner, choice)

    def _planned(self, choice: EndingChoice, owner: Owner) -> Planned:
        now = self.clock.now()
        ports = Ports(
            gateway=self.account.gateway, artifacts=self.account.artifacts, clock=self.clock,
            pause=self.pause, progress=_ignore_progress,
        )  # fmt: skip
        began = now - 2 * IAM_LAG  # what is denied is not a new role that IAM has to spread
        desired = DesiredState(owner, (), Operation("plan", began), self.account.region)
        options = PassOptions(
            until=now + _READING, prune=choice.deletes_records, is_named=choice.is_named
        )
        return Reconciler(ports, NoLease(), NoManifest(owner)).plan(desired, options)


def _unread(planned: Planned, owner: Owner, choice: EndingChoice) -> Iterator[PlannedAction]:
    """Yield the jobs whose tags could not be read: they may be among those that are meant."""
    snapshot = planned.snapshot
    for job in (*snapshot.under_way, *(snapshot.finished if choice.deletes_records else ())):
        if job.tags is None:
            failed = snapshot.failures.get(job.name, "its tags could not be read")
            yield PlannedAction(
                kind=ActionKind.UNKNOWN, owner=owner.name, job=job.name, reason=str(failed)
            )


def _action(ending: Stop | Delete, owner: Owner, choice: EndingChoice) -> PlannedAction:
    job, stops = ending.job, isinstance(ending, Stop)
    action = PlannedAction(
        kind=ActionKind.STOP if stops else ActionKind.DELETE, owner=owner.name, job=job.name,
        logical_name=(job.tags or {}).get(LOGICAL_NAME, ""), reason=choice.reason,
        created=job.created.isoformat(),
    )  # fmt: skip
    return replace(action, notes=(_THEN_DELETED,)) if stops and choice.deletes_records else action


def _ignore_progress(event: str, **fields: str | int | float | bool | None) -> None:
    """Report nothing: planning changes nothing."""
