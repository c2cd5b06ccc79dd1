"""One pass over a fleet, whoever makes it: gather, decide, act, report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.attempts import Operation
from reconciler.core.contract import IAM_LAG, SETTLE
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.job_record import is_under_way
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Identity
from reconciler.core.ports import PortError
from reconciler.engine.act import Actor
from reconciler.engine.backoff import Pace
from reconciler.engine.gather import FleetGatherer
from reconciler.engine.lease import HeldLease, Lease
from reconciler.engine.report import Report, report
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.handler.fleet.decide import Decider, deletions
from reconciler.handler.fleet.ports import Ports

LEAST: Final = timedelta(seconds=45)
"""A sweep of a large account takes long; the pass acts for so long after it at least."""


@dataclass(frozen=True, slots=True)
class PassOptions:
    """How a pass is to be made.

    Attributes:
        fail_fast: Whether a refused request ends it.
        again: Whether what was refused before is tried again.
        spared: Identities whose finished records are not pruned; None prunes nothing.
        until: When it is to end.
        refresh: Whether tags and artifacts of finished jobs are read again.
    """

    until: datetime
    fail_fast: bool
    again: bool
    spared: frozenset[Identity] | None
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class PassResult:
    """What a pass found and did.

    Attributes:
        before: The manifest as the pass before had left it.
        planned: How many changes the plan had.
    """

    report: Report
    seen: FleetSnapshot
    before: Manifest
    planned: int


@dataclass(slots=True)
class Pass:
    """A pass, its grip taken."""

    ports: Ports
    grip: HeldLease
    region: str
    bucket_owner: str | None

    def make(
        self,
        declarations: tuple[Declaration, ...],
        dropped: frozenset[str],
        order: PassOptions,
    ) -> PassResult:
        """Make the pass, and write the manifest, also when it ends early.

        Raises LeaseLost, Superseded, Transient (the sweep), Denied, PlanError.
        """
        desired, state = self.grip.desired, self.grip.state
        before = state.manifest()
        pace = Pace(self.ports.clock, self.ports.pause, order.until)
        gatherer = FleetGatherer(
            self.ports, state.owner, pace, self.bucket_owner, dropped, order.refresh
        )
        seen = gatherer.gather(declarations, before.records)
        pace.until = max(pace.until, min(self.ports.clock.now() + LEAST, order.until + LEAST))
        chosen = Decider(
            Operation(desired.operation, desired.began), desired.settings.retries, order.again,
            dropped, self.ports.clock.now(),
        ).decide(seen)  # fmt: skip
        actor = Actor(
            self.ports, self.grip, pace, desired.operation, self.region, seen,
            desired.began + IAM_LAG, order.fail_fast,
        )  # fmt: skip
        try:
            actor.act(chosen)
            self._prune(gatherer, actor, seen, order.spared)
        except PortError:
            self._keep(before, report(seen, chosen, actor.done, _unsettled(seen)), seen)
            raise
        found = report(seen, chosen, actor.done, _unsettled(seen))
        self._keep(before, found, seen)
        return PassResult(found, seen, before, len(chosen.mutations))

    def _prune(
        self,
        gatherer: FleetGatherer,
        actor: Actor,
        seen: FleetSnapshot,
        spared: frozenset[Identity] | None,
    ) -> None:
        if spared is None or not gatherer.pace.has_time():
            return
        goes = [
            job
            for job in seen.finished
            if job.job_name is not None and job.job_name.identity not in spared
        ]
        actor.act(deletions(gatherer.with_tags(goes)))

    def _keep(self, before: Manifest, found: Report, seen: FleetSnapshot) -> None:
        now = Manifest(
            owner=self.grip.state.owner.name,
            generation=self.grip.desired.generation,
            updated=self.ports.clock.now(),
            counts=found.counts,
            jobs=found.entries,
            records=seen.records,
        )
        if not now.same_as(before):
            self.grip.state.keep_manifest(now)


def _unsettled(seen: FleetSnapshot) -> str:
    """What is still to end before nothing unwanted runs."""
    running = [job.name for job in seen.under_way if is_under_way(job)]
    if running:
        return f"{len(running)} jobs that nothing declares must end, {running[0]} first"
    return ""


def nothing_left(found: Report) -> bool:
    """Whether every declared job has ended, one way or the other, and nothing else runs."""
    return not found.counts.pending and not found.unsettled


def is_accepted(found: Report) -> bool:
    """Whether no declared job waits for being accepted."""
    return found.counts.accepted == found.counts.pending and not found.unsettled


def settling(grip: Lease, now: datetime) -> str:
    """Why one has to look again: a job created by somebody else may not be listed yet."""
    if grip.desired.may_appear(now, SETTLE):
        return "jobs that were just created may not be listed yet"
    return ""
