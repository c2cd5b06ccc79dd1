"""Apply a plan: passes of the engine, owner by owner, until the jobs have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.cli.options.outside import AccountView
from reconciler.cli.plans.approval import Approval
from reconciler.cli.plans.document import ENDINGS, PlanDocument
from reconciler.core.fleet.manifest import ManifestEntry
from reconciler.core.identity import Owner
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.operation import Operation
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag
from reconciler.core.ports import Clock, PortError, Transient
from reconciler.engine.lease import NoLease
from reconciler.engine.manifest_store import InMemory
from reconciler.engine.ports import Ports, Progress
from reconciler.engine.reconcile import DesiredState, PassOptions, PassResult, Reconciler
from reconciler.rules.organisation_policy import OrganisationPolicy

PASS: Final = timedelta(minutes=5)
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 20.0
_RUNNING: Final = frozenset({JobStatus.STARTING, JobStatus.INPROGRESS})


class Until(StrEnum):
    """What an apply waits for."""

    ENDED = "ended"
    ACCEPTED = "accepted"


@dataclass(slots=True)
class OwnerRun:
    """The passes over one owner's part of a plan.

    Attributes:
        result: Of the last pass.
        error: What ended the passes early; None if nothing did.
        counts: What all passes changed, by kind.
    """

    owner: Owner
    desired: DesiredState
    approval: Approval
    reconciler: Reconciler
    in_scope: Callable[[ObservedJob], bool]
    result: PassResult | None = None
    error: PortError | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def is_done(self, until: Until, *, stop_on_failure: bool) -> bool:
        """Return whether no further pass is needed."""
        if self.error is not None and not isinstance(self.error, Transient):
            return True
        if self.result is None or self.error is not None:
            return False
        report = self.result.report
        if stop_on_failure and report.failures:
            return True
        settled = report.is_finished if until is Until.ENDED else report.is_accepted
        return settled and not self.result.unpruned

    def failures(self) -> dict[str, str]:
        """Return what failed or was overtaken, by name."""
        found = dict(self.approval.overtaken)
        if self.error is not None:
            found[self.owner.name] = str(self.error)
        if self.result is not None:
            report = self.result.report
            found |= {**report.undeclared_failures, **report.failures}
        return found

    def entries(self) -> dict[str, ManifestEntry]:
        """Return how far each declared job is, by logical name."""
        return {} if self.result is None else dict(self.result.report.entries)


@dataclass(slots=True)
class Application:
    """Applies one document.

    Attributes:
        operation: The id that new jobs are tagged with.
        stop_on_failure: Whether the first failure ends it; running jobs run on.
        started: The names of the jobs that it created.
    """

    document: PlanDocument
    account: AccountView
    clock: Clock
    pause: Callable[[float], None]
    progress: Progress
    operation: str
    policy: OrganisationPolicy | None = None
    stop_on_failure: bool = False
    runs: list[OwnerRun] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    def still_running(self) -> list[str]:
        """Return the names of the jobs that run, as far as is known."""
        known = {entry.name: entry.status for run in self.runs for entry in run.entries().values()}
        names = dict.fromkeys([*self.started, *known])
        return [name for name in names if known.get(name, JobStatus.STARTING) in _RUNNING]

    def run(self, until: Until, deadline: datetime) -> bool:
        """Make passes until all is done; return whether that was in time."""
        began = self.clock.now()
        self.runs = [self._run(Owner(owner), began) for owner in self._owners()]
        delay, is_first = FIRST_PAUSE, True
        while left := list(self._left(until)):
            if not is_first:
                if self.clock.now() >= deadline:
                    return False
                self.pause(delay)
                delay = min(delay * 1.5, LONGEST_PAUSE)
            for run in left:
                self._pass(run, refresh=is_first and self.document.choices.refresh)
            is_first = False
        return True

    def _left(self, until: Until) -> Iterator[OwnerRun]:
        failed = self.stop_on_failure and any(run.failures() for run in self.runs)
        for run in self.runs:
            if not failed and not run.is_done(until, stop_on_failure=self.stop_on_failure):
                yield run

    def _owners(self) -> list[str]:
        named = {each.owner.name for each in self.document.declarations}
        return sorted(named | {action.owner for action in self.document.changes})

    def _run(self, owner: Owner, began: datetime) -> OwnerRun:
        document = self.document
        declarations = tuple(each for each in document.declarations if each.owner == owner)
        changes = [action for action in document.changes if action.owner == owner.name]
        approval = Approval(changes, self.operation, document.choices.prune)
        ports = Ports(
            gateway=self.account.gateway, artifacts=self.account.artifacts, clock=self.clock,
            pause=self.pause, progress=self._note, policy=self.policy,
        )  # fmt: skip
        named = {logical_name_tag(each.logical_name) for each in declarations}
        ended = {action.job for action in changes if action.kind in ENDINGS}
        return OwnerRun(
            owner,
            DesiredState(
                owner, declarations, Operation(self.operation, began), self.account.region
            ),
            approval,
            Reconciler(ports, NoLease(), InMemory(owner)),
            lambda job: job.name in ended or (job.tags or {}).get(LOGICAL_NAME) in named,
        )

    def _pass(self, run: OwnerRun, *, refresh: bool) -> None:
        try:
            made = run.reconciler.reconcile(run.desired, self._options(run, refresh=refresh))
        except PortError as error:
            run.error = error
            self.progress("will look again", error=str(error))
            return
        run.error, run.result = None, made
        for kind, count in made.report.outcome.counts.items():
            run.counts[kind] = run.counts.get(kind, 0) + count

    def _note(self, event: str, **fields: str | int | float | bool | None) -> None:
        """Remember what was started, which an interrupted pass does not report."""
        if event == "applied" and fields.get("action") in {"create", "next attempt"}:
            self.started.append(str(fields["job"]))
        self.progress(event, **fields)

    def _options(self, run: OwnerRun, *, refresh: bool) -> PassOptions:
        choices = self.document.choices
        ended = any(action.kind in ENDINGS for action in run.approval.changes)
        return PassOptions(
            until=self.clock.now() + PASS,
            fail_fast=self.stop_on_failure,
            prune=choices.prune and ended,
            refresh=refresh,
            trust_completed=not refresh,
            retry_ended=frozenset(choices.retry_failed),
            replaced=frozenset(
                each.identity
                for each in run.desired.declarations
                if each.logical_name in choices.replace
            ),
            is_named=_looked_at(run),
            in_scope=run.in_scope,
            permit=run.approval.permit,
        )


def _looked_at(run: OwnerRun) -> Callable[[str], bool]:
    """Return which jobs a pass looks at: if nothing is declared, those alone that end."""
    if run.desired.declarations:
        return lambda _: True
    return frozenset(action.job for action in run.approval.changes).__contains__
