"""Gather: one sweep by the owner's prefix, and the details of what has newly ended.

List's summaries tell name, status and time. What a finished job compiled is described once and
kept in its record, so that a pass over a fleet at rest lists, and does nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.core.attempts import attempt_number
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.job_record import (
    JobRecord,
    RecordState,
    ended,
    is_under_way,
    kept,
    tags_digest,
    unseen,
)
from reconciler.core.identity import Identity, Owner
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import Ownership, ownership
from reconciler.core.ports import Transient
from reconciler.engine.backoff import Pace
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.handler.fleet.ports import Ports

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class FleetGatherer:
    """Reads the account for one pass.

    Attributes:
        bucket_owner: The account that must own the output bucket, if it is known.
        dropped: Keys of tags that were declared before and are no longer.
        refresh: Whether finished jobs' tags and artifacts are read again: drift.
    """

    ports: Ports
    owner: Owner
    pace: Pace
    bucket_owner: str | None = None
    dropped: frozenset[str] = frozenset()
    refresh: bool = False

    def gather(
        self, declarations: Iterable[Declaration], records: Mapping[str, JobRecord]
    ) -> FleetSnapshot:
        """One look at everything. Raises Transient or Denied if the sweep itself fails."""
        listed = self._sweep()
        now = self.ports.clock.now()
        jobs = {**unseen(records, listed, now), **listed}
        wanted = {declaration.identity: declaration for declaration in declarations}
        seen = FleetSnapshot(
            wanted, {each: [] for each in wanted}, [], [], kept(records, listed, now)
        )
        for job in sorted(jobs.values(), key=lambda job: (attempt_number(job), job.name)):
            name = job.job_name
            if name is not None and name.identity in wanted:
                seen.chains[name.identity].append(job)
            elif is_under_way(job):
                seen.under_way.append(job)
            else:
                seen.finished.append(job)
        self._read_chains(seen)
        tagged = self.with_tags(sorted(seen.under_way, key=lambda job: job.phase))
        seen.under_way = [job for job in tagged if ownership(job) is not Ownership.FOREIGN]
        return seen

    def _sweep(self) -> dict[str, ObservedJob]:
        """Every job of the owner, by name."""
        return {
            job.name: job
            for job in self.ports.gateway.list(self.owner.prefix)
            if job.name.startswith(self.owner.prefix) and job.job_name is not None
        }

    def _read_chains(self, seen: FleetSnapshot) -> None:
        chains = list(seen.chains.items())
        if self.refresh and chains:  # not always the same ones, if there is no time for all
            first = int(self.ports.clock.now().timestamp() // 60) % len(chains)
            chains = [*chains[first:], *chains[:first]]
        for identity, chain in chains:
            if not all(map(is_under_way, chain)):
                self._read_chain(seen, identity, chain)

    def _read_chain(
        self, seen: FleetSnapshot, identity: Identity, chain: list[ObservedJob]
    ) -> None:
        """Fill in the finished attempts that matter: completed ones, or else all."""
        declaration = seen.wanted[identity]
        for phase in (Phase.COMPLETED, Phase.ENDED):
            for index, job in enumerate(chain):
                if job.phase is phase:
                    record = self._record(job, declaration, seen)
                    if record is None:
                        seen.unread.add(identity)
                    else:
                        chain[index] = self._told(job, record, declaration, seen)
            if any(job.phase is Phase.COMPLETED and job.artifact_present for job in chain):
                return

    def _record(
        self, job: ObservedJob, declaration: Declaration, seen: FleetSnapshot
    ) -> JobRecord | None:
        before = seen.records.get(job.name)
        known = before if before is not None and before.holds_for(job) else None
        if known is not None and not self.refresh:
            return known
        read = self._try(lambda: self._read(job, before, declaration)) or known
        if read is not None:
            seen.records[job.name] = read
            if known is None:
                seen.new.append(job.name)
        return read

    def _read(
        self, job: ObservedJob, before: JobRecord | None, declaration: Declaration
    ) -> JobRecord | None:
        """Describe it; ask for its tags unless we are known to have created it."""
        gateway = self.ports.gateway
        described = gateway.describe(job.name)
        if described is None or described.phase is not job.phase:
            return None
        if before is None or before.known is not RecordState.CREATED:
            tags = gateway.tags(job.arn)
            if tags is None:
                return None
            described = replace(described, tags=tags)
        present = described.phase is not Phase.COMPLETED or (
            bool(described.s3_model_artifacts)
            and self.ports.artifacts.head(described.s3_model_artifacts, self.bucket_owner)
            is not None
        )
        foreign = described.tags is not None and ownership(described) is not Ownership.OURS
        described = replace(described, artifact_present=present)
        carried = self._carried(described.tags or {}, declaration)
        return ended(described, before, carried, foreign=foreign)

    def _told(
        self, job: ObservedJob, record: JobRecord, declaration: Declaration, seen: FleetSnapshot
    ) -> ObservedJob:
        """A finished job with its record; its user's tags read only if they are to be changed."""
        told = record.observed(job.name)
        if record.foreign:
            return told
        tags = dict(declaration.request.tags)
        if record.tags != tags_digest(declaration):
            read = self._tags(job)
            if read is None:
                seen.unread.add(declaration.identity)
                return told
            tags = read
            seen.records[job.name] = replace(record, tags=self._carried(tags, declaration))
        return replace(told, tags={**tags, **(told.tags or {})})

    def with_tags(self, jobs: Iterable[ObservedJob]) -> list[ObservedJob]:
        """The jobs with their tags; one whose tags cannot be read now stays without."""
        return [replace(job, tags=self._tags(job)) for job in jobs]

    def _tags(self, job: ObservedJob) -> dict[str, str] | None:
        return self._try(lambda: self.ports.gateway.tags(job.arn))

    def _carried(self, tags: Mapping[str, str], declaration: Declaration) -> str:
        """The digest of the declared tags if these are all of them, and none that was dropped."""
        declared = declaration.request.tags
        agrees = all(tags.get(key) == value for key, value in declared)
        return tags_digest(declaration) if agrees and not self.dropped & tags.keys() else ""

    def _try(self, read: Callable[[], _Value | None]) -> _Value | None:
        if not self.pace.has_time():
            return None
        self.pace.keep()
        try:
            value = read()
        except Transient:
            self.pace.went_badly()
            return None
        self.pace.went_well()
        return value
