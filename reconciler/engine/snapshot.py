"""What a pass sees of the account: the jobs of one owner, grouped by what is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.core.completion import Failed, Pending
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.job_record import JobRecord, RecordState
from reconciler.core.identity import Identity
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import Memory, Rejection


@dataclass(slots=True)
class FleetSnapshot:
    """The jobs of one owner.

    Attributes:
        declared: The declarations by identity.
        attempts: The attempts of each declared identity, oldest first; finished ones in full.
        under_way: Undeclared jobs that have not ended; none that is known to be foreign.
        finished: Undeclared jobs that have ended; their tags are read where they are pruned.
        records: What is known of jobs, brought up to date by the pass.
        unread: What became of the reads that failed, by identity.
        failures: Failed reads of undeclared jobs, by job name.
        newly_finished: Names of jobs whose results were read for the first time.
        unverified: Why artifacts could not be read, by job name; they are read again.
    """

    declared: Mapping[Identity, Declaration]
    attempts: dict[Identity, list[ObservedJob]]
    records: dict[str, JobRecord]
    under_way: list[ObservedJob] = field(default_factory=list)
    finished: list[ObservedJob] = field(default_factory=list)
    unread: dict[Identity, Pending | Failed] = field(default_factory=dict)
    failures: dict[str, Failed] = field(default_factory=dict)
    newly_finished: list[str] = field(default_factory=list)
    unverified: dict[str, Pending | Failed] = field(default_factory=dict)

    def jobs(self) -> Iterator[ObservedJob]:
        """Return the jobs that a plan is made of; finished undeclared ones are pruned apart."""
        for attempts in self.attempts.values():
            yield from attempts
        yield from self.under_way

    def undeclared(self) -> Iterator[ObservedJob]:
        """Return the jobs that no declaration of the pass names."""
        yield from self.finished
        yield from self.under_way

    def undeclared_families(self) -> dict[str, list[ObservedJob]]:
        """Return the jobs that no declaration names, newest first, by what their names begin with.

        Declarations whose names shorten to the same slug share a family.
        """
        families: dict[str, list[ObservedJob]] = {}
        jobs = (*self.finished, *self.under_way)
        for job in sorted(jobs, key=lambda job: job.created, reverse=True):
            if job.job_name is not None:
                families.setdefault(job.job_name.identity.family_prefix, []).append(job)
        return families

    def memory(self, now: datetime, *, rejections: bool) -> Memory:
        """Return what the planner is to know of names; without ``rejections`` they are retried."""
        return Memory(
            taken={
                name: record.since
                for name, record in self.records.items()
                if record.known is RecordState.TAKEN
            },
            rejected={
                name: Rejection(record.operation, record.settings, record.reason)
                for name, record in self.records.items()
                if rejections and record.known is RecordState.REFUSED
            },
            unread={identity: str(error) for identity, error in self.unread.items()},
            now=now,
        )
