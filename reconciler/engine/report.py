"""Report: how far a fleet is, with an entry for every declared job, and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from reconciler.core import metric_names
from reconciler.core.completion import Failed, Pending, completion, unverified
from reconciler.core.contract import Verify
from reconciler.core.fleet.job_record import RecordState
from reconciler.core.fleet.manifest import (
    CONFLICT,
    PENDING,
    REFUSED,
    UNVERIFIED,
    Counts,
    ManifestEntry,
)
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.plan import (
    Adopt,
    Await,
    Conflict,
    Create,
    Creation,
    Decision,
    Defer,
    Keep,
    NextAttempt,
    Plan,
    Reject,
)
from reconciler.engine.act import PassOutcome
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.engine.verify import verification_of


@dataclass(frozen=True, slots=True)
class Report:
    """One pass's result.

    Attributes:
        entries: By logical name.
        failures: The reason of each failed job, by logical name.
        classes: How many failures of each kind (a FailureKind, ``refused``, ``conflict``).
        undeclared_failures: Why undeclared jobs could not be read or ended, by job name.
        unsettled: What still has to end before nothing undeclared runs; empty if nothing.
        digest: The plan's.
        outcome: What was changed.
        unverified: What is wrong with artifacts, by logical name; None if none were verified.
    """

    entries: Mapping[str, ManifestEntry]
    counts: Counts
    failures: Mapping[str, str]
    classes: Mapping[str, int]
    undeclared_failures: Mapping[str, str]
    unsettled: str
    digest: str
    outcome: PassOutcome = field(default_factory=PassOutcome)
    unverified: Mapping[str, str] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether every declared job has ended, one way or the other, and nothing else runs."""
        return not self.counts.pending and not self.unsettled

    @property
    def is_accepted(self) -> bool:
        """Whether the service has accepted every declared job, and nothing else runs."""
        return self.counts.accepted == self.counts.pending and not self.unsettled


def report(
    snapshot: FleetSnapshot, plan: Plan, outcome: PassOutcome, verify: Verify = Verify.OFF
) -> Report:
    """Say what a pass found and did, in terms of the declarations."""
    builder = ReportBuilder(snapshot, outcome, verify)
    for decision in plan.decisions:
        builder.add(decision)
    total = len(snapshot.declared)
    counts = Counts(
        total=total,
        completed=builder.completed,
        failed=len(builder.failures),
        pending=total - builder.completed - len(builder.failures),
        accepted=builder.accepted,
    )
    declared = {entry.name for entry in builder.entries.values()}
    others = {**snapshot.failures, **outcome.failures}
    undeclared = {name: str(failed) for name, failed in others.items() if name not in declared}
    return Report(
        builder.entries, counts, builder.failures, builder.classes, undeclared,
        _unsettled(snapshot), plan.digest, outcome,
        None if verify is Verify.OFF else builder.unverified,
    )  # fmt: skip


def _unsettled(snapshot: FleetSnapshot) -> str:
    if not snapshot.under_way:
        return ""
    return f"{len(snapshot.under_way)} undeclared jobs must end, {snapshot.under_way[0].name} first"


@dataclass(slots=True)
class ReportBuilder:
    """Counts declared jobs, and makes an entry of each."""

    snapshot: FleetSnapshot
    outcome: PassOutcome
    verify: Verify = Verify.OFF
    entries: dict[str, ManifestEntry] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    unverified: dict[str, str] = field(default_factory=dict)
    completed: int = 0
    accepted: int = 0

    def add(self, decision: Decision) -> None:
        """Add one declared job."""
        name = decision.declaration.logical_name
        match decision:
            case Keep():
                self._add_kept(name, decision)
            case Create() | NextAttempt():
                self._add_creation(name, decision)
            case Await(declaration, job) | Adopt(declaration, job):
                ours = job.job_name is not None and job.job_name.identity == declaration.identity
                self._add_pending(name, str(declaration.identity), job if ours else None)
            case Defer():
                self._add_deferred(name, decision)
            case Reject(_, job_name, reason):
                self._add_failed(name, ManifestEntry(str(job_name), REFUSED), Failed(reason))
            case Conflict(_, job, reason):
                failed = Failed(reason, kind=metric_names.CONFLICT)
                self._add_failed(name, ManifestEntry(job.name, CONFLICT), failed)
            case _:
                assert_never(decision)

    def _add_kept(self, name: str, decision: Keep) -> None:
        job, result = decision.job, completion(decision)
        entry = _entry_of(job)
        failed = self.outcome.failures.get(job.name)
        if isinstance(result, Failed):
            self._add_failed(name, ManifestEntry(job.name, job.status.value), result)
        elif failed is not None:
            self._add_failed(name, entry, failed)
        elif self.verify is Verify.OFF:
            self.completed += 1
            self.entries[name] = entry
        else:
            self._add_verified(name, job, entry)

    def _add_verified(self, name: str, job: ObservedJob, entry: ManifestEntry) -> None:
        match verification_of(job, self.snapshot):
            case Pending(reason):
                self.accepted += 1
                self.entries[name] = replace(entry, reason=reason)
            case verdict:
                if verdict.errors:
                    self.unverified[name] = verdict.text
                if verdict.errors and self.verify is Verify.FAIL:
                    refused = replace(entry, status=UNVERIFIED)
                    self._add_failed(name, refused, unverified(job, verdict))
                else:
                    self.completed += 1
                    self.entries[name] = replace(entry, reason=verdict.text)

    def _add_creation(self, name: str, decision: Creation) -> None:
        job = str(decision.name)
        record = self.snapshot.records.get(job)
        if record is not None and record.known is RecordState.REFUSED:
            self._add_failed(name, ManifestEntry(job, REFUSED), Failed(record.reason))
        elif record is not None and record.known is RecordState.CREATED:
            self.accepted += 1
            self.entries[name] = ManifestEntry(job, record.status)
        else:
            reason = self.outcome.waits.get(job, self.outcome.quota or "not created yet")
            self.entries[name] = ManifestEntry(job, PENDING, reason=reason)

    def _add_deferred(self, name: str, decision: Defer) -> None:
        identity = decision.declaration.identity
        attempts = self.snapshot.attempts[identity]
        match self.snapshot.unread.get(identity):
            case Failed() as failed:
                unknown = ManifestEntry(str(decision.name), PENDING)
                entry = _entry_of(attempts[-1]) if attempts else unknown
                self._add_failed(name, entry, failed)
            case _:
                self._add_pending(name, str(decision.name), attempts[-1] if attempts else None)

    def _add_pending(self, name: str, job_name: str, job: ObservedJob | None) -> None:
        if job is None:
            self.entries[name] = ManifestEntry(job_name, PENDING, reason="waiting")
            return
        if job.phase is not Phase.ENDED:
            self.accepted += 1
        reason = "" if job.is_under_way else "was not read yet"
        self.entries[name] = replace(_entry_of(job), reason=reason)

    def _add_failed(self, name: str, entry: ManifestEntry, failed: Failed) -> None:
        self.entries[name] = replace(entry, reason=str(failed))
        self.failures[name] = str(failed)
        self.classes[failed.kind] = self.classes.get(failed.kind, 0) + 1


def _entry_of(job: ObservedJob) -> ManifestEntry:
    """Return the entry of a job, with what it compiled."""
    return ManifestEntry(
        job.name, job.status.value, job.s3_model_artifacts, job.artifact_digest,
        job.inference_image,
    )  # fmt: skip
