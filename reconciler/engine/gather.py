"""Gather: one List by the owner's prefix, and the details of what has newly ended.

List's summaries have name, status and time. What a finished job compiled is described once and
kept in its record, so that a pass over a fleet at rest lists, and does nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from reconciler.core.attempts import attempt_number
from reconciler.core.completion import Failed, Pending
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.job_record import (
    JobRecord,
    RecordState,
    ended,
    not_listed_yet,
    tags_digest,
    worth_keeping,
)
from reconciler.core.identity import Identity, Owner
from reconciler.core.observed import ObservedJob, Phase, may_still_be_written
from reconciler.core.ownership import Ownership, ownership
from reconciler.core.ports import PortError, Throttled, Unavailable
from reconciler.engine.backoff import Backoff, rotated
from reconciler.engine.errors import outcome_of
from reconciler.engine.ports import Ports
from reconciler.engine.snapshot import FleetSnapshot

_Value = TypeVar("_Value")
_NOT_VISIBLE = Pending("it was listed, but cannot be read yet")


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Reads the account for one pass.

    Attributes:
        began: When the operation began: IAM may lag behind it.
        bucket_owner: The account that must own the output bucket, if it is known.
        dropped_tags: Keys of tags that were declared before and are no longer.
        refresh: Whether tags and artifacts of finished jobs are reread: drift.
        trust_completed: Whether COMPLETED of a last attempt is believed without a further look.
        awaited: Names of jobs of which it is not: earlier passes saw them under way.
        is_named: Which of the owner's jobs are looked at, by name.
    """

    ports: Ports
    owner: Owner
    backoff: Backoff
    began: datetime
    bucket_owner: str | None = None
    dropped_tags: frozenset[str] = frozenset()
    refresh: bool = False
    trust_completed: bool = False
    awaited: frozenset[str] = frozenset()
    is_named: Callable[[str], bool] = lambda _: True

    def gather(
        self, declarations: Iterable[Declaration], records: Mapping[str, JobRecord]
    ) -> FleetSnapshot:
        """Read what the pass needs to know. Raises PortError if List itself fails."""
        listed = self._list()
        now = self.ports.clock.now()
        declared = {declaration.identity: declaration for declaration in declarations}
        snapshot = FleetSnapshot(
            declared, {each: [] for each in declared}, worth_keeping(records, listed, now)
        )
        jobs = {**not_listed_yet(records, listed, now), **listed}
        existing = {each.existing_job for each in declared.values()}
        for job in sorted(jobs.values(), key=lambda job: (attempt_number(job), job.name)):
            name = job.job_name
            if job.name in existing:
                continue
            if name is not None and name.identity in declared:
                snapshot.attempts[name.identity].append(job)
            elif job.is_under_way:
                snapshot.under_way.append(job)
            else:
                snapshot.finished.append(job)
        self._read_attempts(snapshot)
        tagged = self.with_tags(snapshot.under_way, snapshot)
        snapshot.under_way = [job for job in tagged if ownership(job) is not Ownership.FOREIGN]
        return snapshot

    def with_tags(self, jobs: Iterable[ObservedJob], snapshot: FleetSnapshot) -> list[ObservedJob]:
        """Return undeclared jobs with their tags; a job whose tags cannot be read has none."""
        self.backoff.reset()
        by_phase = sorted(rotated(jobs, self._elapsed()), key=lambda job: job.phase)
        return [self._with_tags(job, snapshot) for job in by_phase]

    def _elapsed(self) -> timedelta:
        return self.ports.clock.now() - self.began

    def _with_tags(self, job: ObservedJob, snapshot: FleetSnapshot) -> ObservedJob:
        match self._try(lambda: self.ports.gateway.tags(job.arn)):
            case Failed() as failed:
                snapshot.failures[job.name] = failed
                return job
            case Pending():
                return job
            case tags:
                return replace(job, tags=tags)

    def _list(self) -> dict[str, ObservedJob]:
        """Return every job of the owner that is looked at, by name."""
        return {
            job.name: job
            for job in self.ports.gateway.list(self.owner.prefix)
            if job.name.startswith(self.owner.prefix)
            and job.job_name is not None
            and self.is_named(job.name)
        }

    def _read_attempts(self, snapshot: FleetSnapshot) -> None:
        for identity in rotated(snapshot.attempts, self._elapsed()):
            if (name := snapshot.declared[identity].existing_job) is not None:
                self._read_existing(snapshot, identity, name)
            elif not all(job.is_under_way for job in snapshot.attempts[identity]):
                self._read_identity(snapshot, identity)

    def _read_existing(self, snapshot: FleetSnapshot, identity: Identity, name: str) -> None:
        """Describe the existing job that a declaration names; it may not exist."""
        match self._try(lambda: (self._existing(name),)):
            case (ObservedJob() as job,):
                snapshot.attempts[identity] = [job]
            case (None,):
                pass
            case Pending() | Failed() as error:
                snapshot.unread[identity] = error

    def _existing(self, name: str) -> ObservedJob | None:
        job = self.ports.gateway.describe(name)
        if job is None or not self.refresh or job.phase is not Phase.COMPLETED:
            return job
        return replace(job, artifact_present=self._has_artifact(job))

    def _read_identity(self, snapshot: FleetSnapshot, identity: Identity) -> None:
        """Fill in the finished attempts that matter: completed ones, or else all."""
        attempts = snapshot.attempts[identity]
        if self._is_trusted(attempts[-1], snapshot):
            return
        for phase in (Phase.COMPLETED, Phase.ENDED):
            for index, job in enumerate(attempts):
                if job.phase is phase:
                    attempts[index] = self._read_finished(job, snapshot, identity)
            if any(job.phase is Phase.COMPLETED and job.artifact_present for job in attempts):
                return

    def _is_trusted(self, job: ObservedJob, snapshot: FleetSnapshot) -> bool:
        """Return whether the last attempt is believed to be compiled: it was before this pass.

        An earlier one is not: its artifact may be why there is a later one.
        """
        is_new = job.name in snapshot.records or job.name in self.awaited
        return self.trust_completed and job.phase is Phase.COMPLETED and not is_new

    def _read_finished(
        self, job: ObservedJob, snapshot: FleetSnapshot, identity: Identity
    ) -> ObservedJob:
        """Return a finished job as its record, or else the service, describes it."""
        declaration = snapshot.declared[identity]
        before = snapshot.records.get(job.name)
        known = before if before is not None and before.holds_for(job) else None
        record = known
        if known is None or self.refresh:
            match self._try(lambda: self._described(job, before, declaration)):
                case JobRecord() as read:
                    record = snapshot.records[job.name] = read
                case error if known is None:
                    snapshot.unread[identity] = error
        if record is None:
            return job
        if known is None:
            snapshot.newly_finished.append(job.name)
        return self._observed(job, record, snapshot, declaration)

    def _described(
        self, job: ObservedJob, before: JobRecord | None, declaration: Declaration
    ) -> JobRecord | None:
        """Describe it; read its tags unless we are known to have created it."""
        gateway = self.ports.gateway
        described = gateway.describe(job.name)
        if described is None or described.phase is not job.phase:
            return None
        if before is None or before.known is not RecordState.CREATED:
            tags = gateway.tags(job.arn)
            if tags is None:
                return None
            described = replace(described, tags=tags)
        present = described.phase is not Phase.COMPLETED or self._has_artifact(described)
        if not present and self._may_appear(described):
            return None
        foreign = described.tags is not None and ownership(described) is not Ownership.OURS
        described = replace(described, artifact_present=present)
        carried = self._tags_digest(described.tags or {}, declaration)
        return ended(described, before, carried, foreign=foreign)

    def _may_appear(self, job: ObservedJob) -> bool:
        """Return whether an artifact may follow; that of an earlier operation's job has."""
        ended_in_this_operation = job.changed is not None and job.changed >= self.began
        return ended_in_this_operation and may_still_be_written(job, self.ports.clock.now())

    def _has_artifact(self, job: ObservedJob) -> bool:
        uri = job.s3_model_artifacts
        return bool(uri) and self.ports.artifacts.head(uri, self.bucket_owner) is not None

    def _observed(
        self,
        job: ObservedJob,
        record: JobRecord,
        snapshot: FleetSnapshot,
        declaration: Declaration,
    ) -> ObservedJob:
        """Return the job by its record; read the user's tags only if they are to be changed."""
        observed = replace(
            record.observed(job.name), started=job.started, ended=job.ended, target=job.target
        )
        if record.foreign:
            return observed
        tags = dict(declaration.request.tags)
        if record.tags != tags_digest(declaration):
            match self._try(lambda: self.ports.gateway.tags(job.arn)):
                case Pending() | Failed() as error:
                    snapshot.unread[declaration.identity] = error
                    return observed
                case read:
                    tags = read
            carried = self._tags_digest(tags, declaration)
            snapshot.records[job.name] = replace(record, tags=carried)
        return replace(observed, tags={**tags, **(observed.tags or {})})

    def _tags_digest(self, tags: Mapping[str, str], declaration: Declaration) -> str:
        """Return the digest of the declared tags if these are all of them, and none is dropped."""
        declared = declaration.request.tags
        agrees = all(tags.get(key) == value for key, value in declared)
        return tags_digest(declaration) if agrees and not self.dropped_tags & tags.keys() else ""

    def _try(self, read: Callable[[], _Value | None]) -> _Value | Pending | Failed:
        """Return what is read of one job, or what its error means: other jobs are read on."""
        if not self.backoff.has_time():
            return Pending("the time of this pass is over")
        self.backoff.wait()
        try:
            value = read()
        except PortError as error:
            if isinstance(error, Throttled | Unavailable):
                self.backoff.throttled()
            return outcome_of(error, self._elapsed())
        self.backoff.succeeded()
        return _NOT_VISIBLE if value is None else value
