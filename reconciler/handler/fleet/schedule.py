"""The schedule: passes over the current generation, outside of any deployment.

It skips while the stack is in progress or another actor holds the lease, and acts only on the
generation that the last deployment wrote, or, where specs are uploaded, on the uploaded one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.fleet.document import FleetDocument
from reconciler.core.identity import Owner
from reconciler.core.ports import WriteConflict
from reconciler.engine.generation import desired_state, write_generation
from reconciler.engine.lease import HeldLease, LeaseLost
from reconciler.engine.reconcile import PassOptions, PassResult, Reconciler
from reconciler.engine.state import FleetState, StoredGeneration
from reconciler.handler.cfn.fence import Superseded
from reconciler.handler.fleet.generation import upload_source, uploaded
from reconciler.handler.fleet.metrics import metrics
from reconciler.handler.fleet.poll import PASS
from reconciler.handler.fleet.ports import FleetPorts

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
class ScheduledFleet:
    """Which fleet it is.

    Attributes:
        folder: What the keys of its state begin with.
        state_owner: The account that the state's bucket must belong to.
        upload: Bucket, key and account of uploaded specs, if they are taken.
        refresh: Whether tags and artifacts of finished jobs are reread: drift.
    """

    owner: Owner
    stack_id: str
    bucket: str
    folder: str
    region: str
    state_owner: str
    output_owner: str | None = None
    upload: tuple[str, str, str] | None = None
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """One invocation.

    Attributes:
        holder: Unique to it; who the lease belongs to.
        until: When no further pass may begin.
        notify: Send changes and failures to people, with a subject.
    """

    ports: FleetPorts
    fleet: ScheduledFleet
    holder: str
    until: datetime
    notify: Notify

    def run(self) -> dict[str, object]:
        """Make passes until the fleet is at rest or the time is over; return a summary.

        Raises PortError, DocumentError and PlanError: the invocation has failed.
        """
        summary: dict[str, object] = {}
        changes: Counter[str] = Counter()
        while True:
            try:
                made = self._pass()
            except (LeaseLost, Superseded, WriteConflict) as error:
                self.ports.progress("skipped", owner=self.fleet.owner.name, reason=str(error))
                return {**summary, "skipped": str(error)}
            self._publish(made)
            counts = made.report.counts
            changes.update(made.report.outcome.counts)
            summary = {
                "total": counts.total, "completed": counts.completed, "failed": counts.failed,
                "pending": counts.pending, "changes": dict(changes),
            }  # fmt: skip
            if made.report.is_finished or self.ports.clock.now() + REST + PASS >= self.until:
                return summary
            self.ports.pause(REST.total_seconds())

    def _pass(self) -> PassResult:
        self._require_rest()
        fleet = self.fleet
        bucket = self.ports.buckets.bucket(fleet.bucket, fleet.state_owner)
        state = FleetState(bucket, fleet.folder, fleet.owner)
        found = state.generation()
        if found is None or not found.generation.document:
            raise LeaseLost("no deployment has written a generation")
        with HeldLease(
            state, self.ports.clock, self.ports.progress, self.holder, self._require_rest,
            *self._with_upload(state, found),
        ) as lease:  # fmt: skip
            return self._reconcile(state, lease)

    def _reconcile(self, state: FleetState, lease: HeldLease) -> PassResult:
        fleet, generation = self.fleet, lease.generation
        desired = desired_state(
            state, generation, region=fleet.region, bucket_owner=fleet.output_owner
        )
        options = PassOptions(
            until=self.ports.clock.now() + PASS, retry_rejected=True,
            prune=generation.settings.prune, refresh=fleet.refresh,
        )  # fmt: skip
        return Reconciler(self.ports, lease, state).reconcile(desired, options)

    def _with_upload(self, state: FleetState, found: StoredGeneration) -> StoredGeneration:
        """Return the generation of the uploaded specs, written first if they are new."""
        generation = found.generation
        body = self.fleet.upload and uploaded(self.ports.buckets, *self.fleet.upload)
        if not body:
            return found
        source = upload_source(body, generation.variables)
        if source == generation.source:
            return found
        document = FleetDocument.parse(body).resolved(generation.variables)
        following = replace(
            generation, operation=f"upload-{source[:24]}", began=self.ports.clock.now(),
            document="", source=source,
        )  # fmt: skip
        return write_generation(state, self.ports.progress, found, following, document)

    def _require_rest(self) -> None:
        """Raise Superseded unless the stack is at rest."""
        view = self.ports.stacks.stack(self.fleet.stack_id)
        status = view.status if view is not None else "DELETE_COMPLETE"
        if status not in _AT_REST:
            raise Superseded(f"the stack is {status}")

    def _publish(self, made: PassResult) -> None:
        """Emit metrics, and notify people of changes and new failures."""
        report, owner, now = made.report, self.fleet.owner, self.ports.clock.now()
        for line in metrics(owner, report, made.snapshot, now, drift_of(made)):
            self.ports.emit(line)
        failures = {
            name: reason
            for name, reason in report.failures.items()
            if (before := made.before.jobs.get(name)) is None
            or before.name != report.entries[name].name
            or before.status != report.entries[name].status
        }
        if not failures and not report.outcome.counts:
            return
        what = f"{len(failures)} new failures" if failures else "changes"
        counts = report.counts
        self.notify(
            f"Neo fleet {owner.name}: {what}",
            {
                "fleet": owner.name,
                "total": counts.total,
                "completed": counts.completed,
                "failed": counts.failed,
                "pending": counts.pending,
                "changes": dict(report.outcome.counts),
                "failures": {name: failures[name][:500] for name in sorted(failures)[:SHOWN]},
            },
        )


def drift_of(made: PassResult) -> int:
    """Return how many changes a fleet that was at rest turned out to need."""
    before = made.before
    at_rest = before.updated is not None and not before.counts.pending
    same = before.generation and {*before.jobs} == {*made.report.entries}
    return made.planned if at_rest and same else 0
