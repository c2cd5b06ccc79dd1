"""How far a fleet is: an entry for every declared job, counts, and words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.core.completion import Broken, Succeeded, completion
from reconciler.core.declaration import Declaration
from reconciler.core.failure import failure_of
from reconciler.core.fleet.job_record import JobRecord, RecordState
from reconciler.core.fleet.manifest import CONFLICT, PENDING, REFUSED, Counts, ManifestEntry
from reconciler.core.identity import Identity
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.plan import (
    Adopt,
    Await,
    Conflict,
    Create,
    Keep,
    NextAttempt,
    Plan,
)
from reconciler.engine.act import PassOutcome
from reconciler.engine.snapshot import FleetSnapshot

SHOWN_FAILURES: Final = 5


@dataclass(frozen=True, slots=True)
class Report:
    """One pass's result.

    Attributes:
        entries: By logical name.
        failures: The reason of each failed job, by logical name.
        classes: How many failures of each kind (FailureKind, ``refused``, ``conflict``).
        unsettled: What has to end, or to show, before the fleet is at rest; empty if nothing.
        digest: The plan's.
    """

    entries: Mapping[str, ManifestEntry]
    counts: Counts
    failures: Mapping[str, str]
    classes: Mapping[str, int]
    unsettled: str
    digest: str
    done: PassOutcome = field(default_factory=PassOutcome)


def report(seen: FleetSnapshot, chosen: Plan, done: PassOutcome, unsettled: str) -> Report:
    """What a pass found and did, in terms of the declarations."""
    told = ReportBuilder(seen, done)
    decided = {
        action.declaration.identity: action
        for action in chosen.actions
        if isinstance(action, Keep | Await | Adopt | Conflict | Create | NextAttempt)
    }
    for identity, declaration in seen.wanted.items():
        told.tell(declaration, decided.get(identity))
    counts = Counts(
        total=len(seen.wanted),
        completed=told.completed,
        failed=len(told.failures),
        pending=len(seen.wanted) - told.completed - len(told.failures),
        accepted=told.accepted,
    )
    return Report(told.entries, counts, told.failures, told.classes, unsettled, chosen.digest, done)


def failures_told(failures: Mapping[str, str], total: int) -> str:
    """The first failures in words, and how many there are."""
    shown = [f"{name}: {failures[name]}" for name in sorted(failures)[:SHOWN_FAILURES]]
    more = len(failures) - len(shown)
    tail = f" And {more} more; see the manifest." if more else ""
    return f"{len(failures)} of {total} jobs failed. " + " ".join(shown) + tail


@dataclass(slots=True)
class ReportBuilder:
    seen: FleetSnapshot
    done: PassOutcome
    entries: dict[str, ManifestEntry] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    completed: int = 0
    accepted: int = 0

    def tell(
        self,
        declaration: Declaration,
        action: Keep | Await | Adopt | Conflict | Create | NextAttempt | None,
    ) -> None:
        name = declaration.logical_name
        match action:
            case Keep():
                self._keep(name, action)
            case Conflict(_, job, reason):
                self._fail(name, ManifestEntry(job.name, CONFLICT, reason=reason), "conflict")
            case Await(_, job) | Adopt(_, job):
                ours = job.job_name is not None and (job.job_name.identity == declaration.identity)
                self._pending(name, job if ours else None, declaration.identity)
            case Create() | NextAttempt():
                self._asked(name, str(action.name), declaration.identity)
            case None:
                self._left_out(name, declaration.identity)

    def _keep(self, name: str, action: Keep) -> None:
        job, outcome = action.job, completion(action)
        match outcome:
            case Succeeded():
                self.completed += 1
                self.entries[name] = ManifestEntry(
                    job.name, job.status.value, job.s3_model_artifacts, job.artifact_digest,
                    job.inference_image,
                )  # fmt: skip
            case Broken():
                stopped = job.phase is Phase.ENDED and not job.failure_reason
                failure = failure_of(job.failure_reason, stopped=stopped)
                entry = ManifestEntry(job.name, job.status.value, reason=str(outcome))
                self._fail(name, entry, failure.kind.value)
            case _:
                self._pending(name, job, job.job_name.identity if job.job_name else None)

    def _asked(self, name: str, job: str, identity: Identity) -> None:
        record = self.seen.records.get(job)
        if record is not None and record.known is RecordState.REFUSED:
            self._refused(name, job, record)
        elif record is not None and record.known is RecordState.CREATED:
            self.accepted += 1
            self.entries[name] = ManifestEntry(job, record.status)
        else:
            reason = self.done.waits.get(job, self.done.quota or "it is to be created")
            self.entries[name] = ManifestEntry(job, PENDING, reason=reason)
        del identity

    def _left_out(self, name: str, identity: Identity) -> None:
        chain = self.seen.chains[identity]
        refused = [
            (str(identity.attempt(number)), record)
            for number in range(len(chain) + 1)
            if (record := self.seen.records.get(str(identity.attempt(number)))) is not None
            and record.known is RecordState.REFUSED
        ]
        if refused and identity not in self.seen.unread:
            self._refused(name, *refused[-1])
        else:
            self._pending(name, chain[-1] if chain else None, identity)

    def _pending(self, name: str, job: ObservedJob | None, identity: Identity | None) -> None:
        if job is None:
            self.entries[name] = ManifestEntry(
                str(identity or ""), PENDING, reason="it has to wait"
            )
            return
        if job.phase is not Phase.ENDED:
            self.accepted += 1
        self.entries[name] = ManifestEntry(
            job.name, job.status.value, reason="not ended, or not read yet"
        )

    def _refused(self, name: str, job: str, record: JobRecord) -> None:
        self._fail(name, ManifestEntry(job, REFUSED, reason=record.reason), "refused")

    def _fail(self, name: str, entry: ManifestEntry, kind: str) -> None:
        self.entries[name] = entry
        self.failures[name] = entry.reason
        self.classes[kind] = self.classes.get(kind, 0) + 1
