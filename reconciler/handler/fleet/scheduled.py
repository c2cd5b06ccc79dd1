"""The schedule: passes over the desired generation, outside of any deployment.

It skips while the stack is in progress or another actor has the lease, and acts only on the
generation that the last deployment wrote, or, where specs are uploaded, on the uploaded one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.fleet_document import FleetDocument
from reconciler.core.identity import Owner
from reconciler.core.objects import WriteConflict
from reconciler.engine.lease import HeldLease, LeaseLost
from reconciler.engine.reconcile import Pass, PassOptions, PassResult
from reconciler.engine.state import FleetState
from reconciler.handler.fence import Superseded
from reconciler.handler.fleet.generation import point_to, upload_source, uploaded
from reconciler.handler.fleet.metrics import metrics
from reconciler.handler.fleet.ports import Ports
from reconciler.handler.fleet.run import PASS

REST: Final = timedelta(seconds=30)
SHOWN: Final = 20
_AT_REST: Final = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
"""Where a stack is as its last deployment, or the one before it, wanted it."""

Notify = Callable[[str, Mapping[str, object]], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Which fleet it is.

    Attributes:
        folder: What the keys of its state begin with.
        upload: Bucket and key of uploaded specs, if they are taken.
        refresh: Whether tags and artifacts of finished jobs are read again: drift.
    """

    owner: Owner
    stack_id: str
    bucket: str
    folder: str
    region: str
    state_owner: str | None = None
    output_owner: str | None = None
    upload: tuple[str, str] | None = None
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """One invocation.

    Attributes:
        holder: Unique to it.
        until: When no further pass may begin.
        notify: Told of changes and failures, with a subject.
    """

    ports: Ports
    place: Place
    holder: str
    until: datetime
    notify: Notify

    def run(self) -> dict[str, object]:
        """Passes until the fleet is at rest or the time is over; what came of it.

        Raises PortError, DocumentError and PlanError: the invocation has failed.
        """
        told: dict[str, object] = {}
        changes: Counter[str] = Counter()
        while True:
            try:
                made = self._pass()
            except (LeaseLost, Superseded, WriteConflict) as error:
                self.ports.log("skipped", owner=self.place.owner.name, reason=str(error))
                return {**told, "skipped": str(error)}
            self._tell(made)
            counts = made.report.counts
            changes.update(made.report.done.counts)
            told = {
                "total": counts.total, "completed": counts.completed, "failed": counts.failed,
                "pending": counts.pending, "changes": dict(changes),
            }  # fmt: skip
            at_rest = not counts.pending and not made.report.unsettled
            if at_rest or self.ports.clock.now() + REST + PASS >= self.until:
                return told
            self.ports.pause(REST.total_seconds())

    def _pass(self) -> PassResult:
        self._still_allowed()
        place = self.place
        bucket = self.ports.buckets.bucket(place.bucket, place.state_owner)
        state = FleetState(bucket, place.folder, place.owner)
        found = state.desired()
        if found is None or not found[0].document:
            raise LeaseLost("no deployment has made a generation")
        grip = HeldLease(
            state, self.ports.clock, self.ports.log, self.holder, self._still_allowed,
            *self._with_upload(state, found),
        )  # fmt: skip
        grip.take()
        try:
            desired = grip.desired
            declarations = state.document(desired.document).declarations(
                place.owner, desired.settings.tags
            )
            order = PassOptions(
                until=self.ports.clock.now() + PASS, fail_fast=False, again=True,
                spared=frozenset() if desired.settings.prune else None, refresh=place.refresh,
            )  # fmt: skip
            work = Pass(self.ports, grip, place.region, place.output_owner)
            return work.make(declarations, frozenset(desired.dropped), order)
        finally:
            grip.release()

    def _with_upload(
        self, state: FleetState, found: tuple[FleetGeneration, str]
    ) -> tuple[FleetGeneration, str]:
        """The generation of what was uploaded, made if it is a new one."""
        desired = found[0]
        body = self.place.upload and uploaded(self.ports.buckets, *self.place.upload)
        if not body:
            return found
        source = upload_source(body, desired.variables)
        if source == desired.source:
            return found
        document = FleetDocument.parse(body).resolved(desired.variables)
        following = replace(
            desired, operation=f"upload-{source[:24]}", began=self.ports.clock.now(),
            document="", source=source,
        )  # fmt: skip
        return point_to(state, self.ports.log, found, following, document)

    def _still_allowed(self) -> None:
        """Raises Superseded unless the stack is at rest."""
        view = self.ports.stacks.stack(self.place.stack_id)
        status = view.status if view is not None else "DELETE_COMPLETE"
        if status not in _AT_REST:
            raise Superseded(f"the stack is {status}")

    def _tell(self, made: PassResult) -> None:
        report, now = made.report, self.ports.clock.now()
        for line in metrics(self.place.owner, report, made.seen, now, drift_of(made)):
            self.ports.emit(line)
        failures = {
            name: reason
            for name, reason in report.failures.items()
            if (before := made.before.jobs.get(name)) is None
            or before.name != report.entries[name].name
            or before.status != report.entries[name].status
        }
        if not failures and not report.done.counts:
            return
        what = f"{len(failures)} new failures" if failures else "changes"
        counts = report.counts
        self.notify(
            f"Neo fleet {self.place.owner.name}: {what}",
            {
                "fleet": self.place.owner.name,
                "total": counts.total,
                "completed": counts.completed,
                "failed": counts.failed,
                "pending": counts.pending,
                "changes": dict(report.done.counts),
                "failures": {name: failures[name][:500] for name in sorted(failures)[:SHOWN]},
            },
        )


def drift_of(made: PassResult) -> int:
    """How many changes a fleet that was at rest turned out to need."""
    before = made.before
    at_rest = before.updated is not None and not before.counts.pending
    same = before.generation and {*before.jobs} == {*made.report.entries}
    return made.planned if at_rest and same else 0
