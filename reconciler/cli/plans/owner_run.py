"""One owner's part of an apply: its passes, and what they have come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from reconciler.cli.plans.approval import Approval
from reconciler.cli.plans.fleet_passes import FleetPasses
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.manifest import ManifestEntry
from reconciler.core.identity import Owner
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.ports import PortError, Transient
from reconciler.engine.reconcile import PassOptions, PassResult

RUNNING: Final = frozenset({JobStatus.STARTING.value, JobStatus.INPROGRESS.value})
_ACCEPTED: Final = RUNNING | {JobStatus.STOPPING.value, JobStatus.COMPLETED.value}


class Until(StrEnum):
    """What an apply waits for."""

    ENDED = "ended"
    ACCEPTED = "accepted"


@dataclass(slots=True)
class OwnerRun:
    """The passes over one owner's part of a plan.

    Attributes:
        place: The account and region.
        declarations: Those that the plan is about; a shared fleet has others besides.
        result: Of the last pass.
        error: What ended the last pass early; None if nothing did.
        counts: What all passes changed, by kind.
        awaited: Names of jobs that a pass saw under way, whoever created them.
    """

    place: str
    owner: Owner
    declarations: tuple[Declaration, ...]
    approval: Approval
    passes: FleetPasses
    result: PassResult | None = None
    error: PortError | None = None
    counts: dict[str, int] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The logical names that the plan is about."""
        return frozenset(each.logical_name for each in self.declarations)

    def make_pass(self, options: PassOptions) -> None:
        """Make one pass; an error is kept, and the next pass may succeed."""
        try:
            self.result = self.passes.make(options)
            self.error = None
        except PortError as error:
            self.error = error
            return
        live = (job.name for job in self.result.snapshot.jobs() if job.is_under_way)
        self.awaited |= frozenset(live)
        for kind, count in self.result.report.outcome.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + count

    def is_done(self, until: Until, *, stop_on_failure: bool) -> bool:
        """Return whether no further pass is needed, or would help."""
        if self.error is not None:
            return not isinstance(self.error, Transient)
        if self.result is None:
            return False
        if stop_on_failure and self.has_failed():
            return True
        report = self.result.report
        return not (any(self._pending(until)) or report.unsettled or self.result.unpruned)

    def _pending(self, until: Until) -> Iterator[str]:
        failed = self._failed_jobs()
        for name, entry in self.entries().items():
            # An entry says COMPLETED with a reason if its results were not read yet.
            is_compiled = entry.status == JobStatus.COMPLETED.value and not entry.reason
            is_accepted = until is Until.ACCEPTED and entry.status in _ACCEPTED
            if name not in failed and not is_compiled and not is_accepted:
                yield name

    def has_failed(self) -> bool:
        """Return whether a job failed, a change was overtaken, or the passes cannot go on."""
        is_final = self.error is not None and not isinstance(self.error, Transient)
        undeclared = self.result is not None and bool(self.result.report.undeclared_failures)
        return bool(is_final or undeclared or self.approval.overtaken or self._failed_jobs())

    def failures(self) -> dict[str, str]:
        """Return what failed, was overtaken or not done, by name."""
        found = dict(self.approval.overtaken)
        if self.error is not None:
            found[self.owner.name] = str(self.error)
        if self.result is not None:
            found |= {**self.result.report.undeclared_failures, **self._failed_jobs()}
        return found

    def entries(self) -> dict[str, ManifestEntry]:
        """Return how far each job of the plan is, by logical name."""
        if self.result is None:
            return {}
        found, names = self.result.report.entries, self.names
        return {name: entry for name, entry in found.items() if name in names}

    def observed(self) -> Mapping[str, ObservedJob]:
        """Return the jobs that the last pass read, by job name."""
        if self.result is None:
            return {}
        return {job.name: job for job in self.result.snapshot.jobs()}

    def created(self, job: str) -> datetime | None:
        """Return when a job was created, as far as is known."""
        if self.result is None:
            return None
        record = self.result.snapshot.records.get(job)
        return None if record is None else record.since

    def _failed_jobs(self) -> dict[str, str]:
        if self.result is None:
            return {}
        failures, names = self.result.report.failures, self.names
        return {name: reason for name, reason in failures.items() if name in names}
