"""Apply plans: passes of the engine, place by place and owner by owner, until the jobs ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.cli.options.outside import ConnectedAccount
from reconciler.cli.plans.approval import Approval, limited
from reconciler.cli.plans.document import ENDINGS, PlanDocument
from reconciler.cli.plans.fleet_passes import FleetPasses, SharedPasses, UnsharedPasses
from reconciler.cli.plans.lines import place as place_text
from reconciler.cli.plans.owner_run import RUNNING, OwnerRun, Until
from reconciler.cli.plans.progress import JobProgress, ProgressView
from reconciler.cli.plans.state_location import StateLocation
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.manifest import PENDING
from reconciler.core.identity import Owner
from reconciler.core.operation import Operation
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag
from reconciler.core.ports import Clock, Transient
from reconciler.engine.lease import NoLease
from reconciler.engine.manifest_store import InMemory
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, PassOptions, Reconciler
from reconciler.rules.organisation_policy import OrganisationPolicy

PASS: Final = timedelta(minutes=5)
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 20.0
_CREATIONS: Final = frozenset({"create", "next attempt"})


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """A plan, and the account and region that it is for."""

    document: PlanDocument
    account: ConnectedAccount
    policy: OrganisationPolicy | None = None


@dataclass(slots=True)
class Application:
    """Applies plans.

    Attributes:
        sleep: Wait so many seconds.
        operation: The id that new jobs are tagged with.
        stop_on_failure: Whether the first failure of a place ends it; running jobs run on.
        parallelism: How many jobs may run at once in a place; None for as many as the service
            takes.
        started: The names of the jobs that it created.
    """

    clock: Clock
    sleep: Callable[[float], None]
    view: ProgressView
    operation: str
    stop_on_failure: bool = False
    parallelism: int | None = None
    places: list[_PlaceRun] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    @property
    def runs(self) -> list[OwnerRun]:
        """The runs of all owners of all places."""
        return [run for place in self.places for run in place.runs]

    def still_running(self) -> list[str]:
        """Return the names of the jobs that run, as far as is known."""
        entries = [entry for run in self.runs for entry in run.entries().values()]
        # The last report may be older than the creation of a job that it calls pending.
        known = {each.name: each.status for each in entries if each.status != PENDING}
        names = dict.fromkeys([*self.started, *known])
        return [name for name in names if known.get(name, "STARTING") in RUNNING]

    def run(self, plans: Iterable[PlacePlan], until: Until, deadline: datetime) -> bool:
        """Make passes until all is done; return whether that was in time."""
        began = self.clock.now()
        self.places = [self._place(plan, began) for plan in plans]
        delay, is_first = FIRST_PAUSE, True
        while left := list(self._left(until)):
            if not is_first:
                if self.clock.now() >= deadline:
                    return False
                self.view.pause(delay)
                delay = min(delay * 1.5, LONGEST_PAUSE)
            for place, run in left:
                run.make_pass(place.options(run, is_first=is_first))
                self.view.show(list(self._rows()))
            is_first = False
        return True

    def _rows(self) -> Iterator[JobProgress]:
        for place in self.places:
            expected = place.plan.document.expected()
            for run in place.runs:
                whose = f"{run.owner.name}, {run.place}" if len(self.runs) > 1 else ""
                if isinstance(run.error, Transient):
                    yield JobProgress(
                        run.owner.name, "", "WAITING", note=run.error.message, whose=whose
                    )
                for name, entry in sorted(run.entries().items()):
                    since = run.created(entry.name) if entry.status in RUNNING else None
                    yield JobProgress(
                        name, entry.name, entry.status, since, expected.get(entry.name),
                        entry.reason, whose,
                    )  # fmt: skip

    def _left(self, until: Until) -> Iterator[tuple[_PlaceRun, OwnerRun]]:
        for place in self.places:
            failed = self.stop_on_failure and any(run.has_failed() for run in place.runs)
            for run in place.runs:
                if not failed and not run.is_done(until, stop_on_failure=self.stop_on_failure):
                    yield place, run

    def _place(self, plan: PlacePlan, began: datetime) -> _PlaceRun:
        ports = Ports(
            gateway=plan.account.gateway, artifacts=plan.account.artifacts, clock=self.clock,
            pause=self.sleep, progress=self._note, policy=plan.policy,
        )  # fmt: skip
        place = _PlaceRun(
            plan, ports, Operation(self.operation, began), self.stop_on_failure, self.parallelism
        )
        place.runs = [place.run_of(Owner(owner)) for owner in place.owners()]
        return place

    def _note(self, event: str, **fields: str | int | float | bool | None) -> None:
        """Remember what was started, which an interrupted pass does not report."""
        if event == "applied" and fields.get("action") in _CREATIONS:
            self.started.append(str(fields["job"]))
        self.view.event(event, **fields)


@dataclass(slots=True)
class _PlaceRun:
    """The runs of one plan's owners."""

    plan: PlacePlan
    ports: Ports
    operation: Operation
    stop_on_failure: bool
    parallelism: int | None
    runs: list[OwnerRun] = field(default_factory=list)

    def owners(self) -> list[str]:
        document = self.plan.document
        named = {each.owner.name for each in document.declarations}
        return sorted(named | {action.owner for action in document.changes})

    def run_of(self, owner: Owner) -> OwnerRun:
        document = self.plan.document
        declarations = tuple(each for each in document.declarations if each.owner == owner)
        changes = tuple(action for action in document.changes if action.owner == owner.name)
        approval = Approval(
            changes, self.operation.id, document.choices.prune,
            frozenset(each.identity for each in declarations), self.ports.gateway.tags,
        )  # fmt: skip
        return OwnerRun(
            place_text(document), owner, declarations, approval, self._passes(owner, declarations)
        )

    def _passes(self, owner: Owner, declarations: tuple[Declaration, ...]) -> FleetPasses:
        document, account = self.plan.document, self.plan.account
        state = document.choices.state
        if not state:
            desired = DesiredState(owner, declarations, self.operation, account.region)
            return UnsharedPasses(Reconciler(self.ports, NoLease(), InMemory(owner)), desired)
        names = {each.logical_name for each in declarations}

        def is_dropped(name: str) -> bool:
            return document.choices.prune and name not in names and document.choices.selects(name)

        return SharedPasses(
            StateLocation.parse(state).open(account, owner), self.ports, self.operation,
            account.region, declarations, is_dropped,
        )  # fmt: skip

    def options(self, run: OwnerRun, *, is_first: bool) -> PassOptions:
        """Return the options of a run's next pass."""
        chosen = self.plan.document.choices
        choices = replace(chosen, refresh=is_first and chosen.refresh)
        ended = {action.job for action in run.approval.changes if action.kind in ENDINGS}
        named = {logical_name_tag(name) for name in run.names}
        free = None if self.parallelism is None else self.parallelism - self._running(run)
        options = choices.pass_options(
            run.declarations,
            self.ports.clock.now() + PASS,
            lambda job: job.name in ended or (job.tags or {}).get(LOGICAL_NAME) in named,
            permit=lambda plan, seen: limited(run.approval.permit(plan, seen), free),
            fail_fast=self.stop_on_failure,
        )
        return replace(
            options,
            retry_rejected=False,
            is_named=_looked_at(run),
            prune=choices.prune and bool(ended),
            # A shared fleet's manifest remembers what was read of compiled jobs.
            trust_completed=options.trust_completed and not choices.state,
            awaited=run.awaited,
        )

    def _running(self, run: OwnerRun) -> int:
        """Return how many jobs of the place's other owners run."""
        others = (other for other in self.runs if other is not run)
        return sum(each.status in RUNNING for other in others for each in other.entries().values())


def _looked_at(run: OwnerRun) -> Callable[[str], bool]:
    """Return which jobs a pass looks at: if nothing is declared, those alone that end."""
    if run.declarations:
        return lambda _: True
    return frozenset(action.job for action in run.approval.changes).__contains__
