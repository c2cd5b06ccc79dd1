"""Plan the jobs of specs against an account, a snapshot of one, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
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
from reconciler.cli.plans.history import CompileHistory
from reconciler.cli.plans.making import Describer, declarations_to_keep
from reconciler.core.contradictions import refuse_contradictions
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.core.operation import Operation
from reconciler.core.ports import Clock
from reconciler.engine.lease import NoLease
from reconciler.engine.manifest_store import InMemory
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, Planned, Reconciler

READING: Final = timedelta(hours=1)
"""The longest time that one owner's jobs are read for."""


@dataclass(frozen=True, slots=True)
class Planning:
    """Makes plans of declarations.

    Attributes:
        declarations: All that the specs declare, selected or not.
        owners: Owners whose jobs are planned for even if nothing of theirs is declared.
    """

    declarations: Sequence[Declaration]
    choices: PlanChoices
    clock: Clock
    pause: Callable[[float], None]
    owners: frozenset[Owner] = frozenset()

    def offline(self, region: str) -> PlanDocument:
        """Return what the specs alone tell: the name of every job."""
        refuse_contradictions(self.declarations)
        actions = [
            PlannedAction(
                kind=ActionKind.UNKNOWN, owner=each.owner.name,
                job=each.existing_job or str(each.identity), logical_name=each.logical_name,
                reason="the account was not read",
            )
            for each in self.selected()
        ]  # fmt: skip
        return self._document("", region, Basis.OFFLINE, actions)

    def against(self, account: AccountView, source: Basis) -> PlanDocument:
        """Return the plan against an account. Raises PortError, PlanError."""
        planned = list(self.planned(account))
        history = CompileHistory.of(found.snapshot for _, found in planned)
        actions = [
            action
            for owner, found in planned
            for action in Describer(account.gateway, owner.name, found, history).actions()
        ]
        return self._document(account.id, account.region, source, actions)

    def planned(self, account: AccountView) -> Iterator[tuple[Owner, Planned]]:
        """Yield the engine's plan for each owner. Raises PortError, PlanError."""
        for owner, planned, others in self._by_owner():
            yield owner, self._of_owner(account, owner, planned, others)

    def selected(self) -> list[Declaration]:
        """Return the declarations that are planned for."""
        return [each for each in self.declarations if self.choices.selects(each.logical_name)]

    def _of_owner(
        self,
        account: AccountView,
        owner: Owner,
        planned: list[Declaration],
        others: list[Declaration],
    ) -> Planned:
        now = self.clock.now()
        desired = DesiredState(owner, tuple(planned), Operation("plan", now), account.region)
        scope = self.choices.scope(planned, others)
        options = self.choices.pass_options(planned, now + READING, scope)
        reconciler = Reconciler(self._ports(account), NoLease(), InMemory(owner))
        refuse_contradictions((*planned, *others))
        return reconciler.plan(desired, options)

    def _by_owner(self) -> Iterator[tuple[Owner, list[Declaration], list[Declaration]]]:
        """Yield each owner with its selected declarations and the others."""
        grouped = {
            owner: list(group)
            for owner, group in groupby(
                sorted(self.declarations, key=lambda each: each.owner), lambda each: each.owner
            )
        }
        for owner in sorted({*grouped, *self.owners}):
            declared = grouped.get(owner, [])
            planned = [each for each in declared if self.choices.selects(each.logical_name)]
            others = [each for each in declared if not self.choices.selects(each.logical_name)]
            yield owner, planned, others

    def _ports(self, account: AccountView) -> Ports:
        return Ports(
            gateway=account.gateway, artifacts=account.artifacts, clock=self.clock,
            pause=self.pause, progress=_quiet,
        )  # fmt: skip

    def _document(
        self, account: str, region: str, source: Basis, actions: Iterable[PlannedAction]
    ) -> PlanDocument:
        ordered = in_order(actions)
        return PlanDocument(
            account=account, region=region, source=source, made=_isoformat(self.clock.now()),
            choices=self.choices, actions=ordered,
            declarations=declarations_to_keep(
                ordered, self.declarations, shared=bool(self.choices.state)
            ),
        )  # fmt: skip


def _isoformat(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()


def _quiet(event: str, **fields: str | int | float | bool | None) -> None:
    """Report nothing: a plan changes nothing."""
