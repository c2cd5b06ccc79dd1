"""How the jobs of a deployed stack are: single ones, and those of its fleets by their manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.cli.fleets.rows import (
    JobLabel,
    failed_row,
    label,
    missing_row,
    row_of_job,
    unknown_row,
)
from reconciler.cli.fleets.stack_contents import StackContents, StackFleet
from reconciler.cli.fleets.status import JobRow, JobState
from reconciler.core.attempts import attempt_number
from reconciler.core.fleet.job_record import JobRecord
from reconciler.core.fleet.manifest import CONFLICT, REFUSED, Manifest, ManifestEntry
from reconciler.core.identity import Identity, JobName, Owner
from reconciler.core.objects import Buckets
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ports import Artifacts, Gateway
from reconciler.engine.state import FleetState


@dataclass(frozen=True, slots=True)
class StackSubject:
    """The jobs of a stack, read once, and of its fleets, whose manifests are read each time."""

    contents: StackContents
    buckets: Buckets

    def rows(self, gateway: Gateway, artifacts: Artifacts) -> Iterator[JobRow]:  # noqa: ARG002 - the port's
        """Yield a row a job."""
        owners = sorted({identity.owner for identity, _ in self.contents.jobs})
        for owner in owners:
            attempts = _attempts(gateway, owner)
            for identity, logical_name in self.contents.jobs:
                if identity.owner == owner:
                    jobs = attempts.get(identity, [])
                    yield _row(_label(owner, logical_name, jobs), str(identity), jobs)
        for fleet in self.contents.fleets:
            yield from self._of_fleet(fleet, gateway)

    def _of_fleet(self, fleet: StackFleet, gateway: Gateway) -> Iterator[JobRow]:
        state = FleetState(
            self.buckets.bucket(fleet.bucket, fleet.bucket_owner), fleet.folder, fleet.owner
        )
        manifest, stored = state.manifest(), state.generation()
        if stored is not None and stored.generation.generation > manifest.generation:
            yield _outdated(fleet.owner, stored.generation.generation)
        attempts = _attempts(gateway, fleet.owner)
        for logical_name, entry in manifest.jobs.items():
            name = JobName.parse(entry.name)
            jobs = attempts.get(name.identity, []) if name else []
            named = _label(fleet.owner, logical_name, jobs)
            yield _row_of_entry(named, entry, _remembered(jobs, manifest))


def _outdated(owner: Owner, generation: int) -> JobRow:
    """Return a row for jobs that a fleet declares, and of which its manifest says nothing yet."""
    named = JobLabel(owner.name, "", owner.name, "")
    note = f"generation {generation} has had no pass yet: its jobs are not known"
    return unknown_row(named, owner.name, note)


def _label(owner: Owner, logical_name: str, jobs: Sequence[ObservedJob]) -> JobLabel:
    return label(owner.name, logical_name, jobs[-1].target if jobs else "")


def _attempts(gateway: Gateway, owner: Owner) -> dict[Identity, list[ObservedJob]]:
    """Return an owner's jobs by identity, oldest attempt first."""
    found: dict[Identity, list[ObservedJob]] = {}
    for job in sorted(gateway.list(owner.prefix), key=attempt_number):
        name = job.job_name
        if name is not None and name.identity.owner == owner:
            found.setdefault(name.identity, []).append(job)
    return found


def _remembered(jobs: Iterable[ObservedJob], manifest: Manifest) -> list[ObservedJob]:
    """Return jobs with what the manifest remembers of those that have ended."""
    return [_with_record(job, manifest.records.get(job.name)) for job in jobs]


def _with_record(job: ObservedJob, record: JobRecord | None) -> ObservedJob:
    if record is None or not record.holds_for(job):
        return job
    return replace(
        job,
        failure_reason=record.reason,
        s3_model_artifacts=record.artifact,
        artifact_digest=record.digest,
        inference_image=record.image,
        artifact_present=record.present,
    )


def _row_of_entry(named: JobLabel, entry: ManifestEntry, jobs: list[ObservedJob]) -> JobRow:
    if entry.status == CONFLICT:
        return failed_row(named, entry.name, JobState.CONFLICT, entry.reason)
    if entry.status == REFUSED and not any(job.phase is Phase.COMPLETED for job in jobs):
        return failed_row(named, entry.name, JobState.REFUSED, entry.reason)
    row = _row(named, entry.name, jobs, entry.reason)
    is_compiled = row.state is JobState.COMPLETED
    return replace(row, note=entry.reason) if is_compiled and not row.note else row


def _row(named: JobLabel, name: str, jobs: list[ObservedJob], note: str = "") -> JobRow:
    """Return the row of the attempt that counts: a compiled one, or else the last.

    The last one counts as well while it is under way: somebody wants it compiled again.
    """
    if not jobs:
        return missing_row(named, name, note)
    if jobs[-1].is_under_way:
        return row_of_job(jobs[-1], named)
    done = [job for job in jobs if job.phase is Phase.COMPLETED]
    there = [job for job in done if job.artifact_present is not False]
    return row_of_job((there or jobs)[-1], named)
