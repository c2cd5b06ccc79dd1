"""What is known of a job beyond List's summary, so that it is read only once.

A finished job's result never changes, so it is described once and kept. A record also bridges
what a List shows late: a job that was just created, a name that is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.canonical import digest
from reconciler.core.contract import SETTLE
from reconciler.core.declaration import Declaration
from reconciler.core.identity import JobName
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.ownership import ATTEMPT, ID, MANAGED_BY, MANAGER, OPERATION, OWNER, SETTINGS

TAGS_LENGTH: Final = 12
_TEXTS: Final = (
    "status", "arn", "operation", "settings", "tags", "artifact", "digest", "image", "reason",
)  # fmt: skip


class RecordState(StrEnum):
    """What is known of a job's name."""

    CREATED = "created"  # accepted by the service, by us
    ENDED = "ended"  # read in full: result, reason, tags
    TAKEN = "taken"  # the service says the name is in use, and shows no job
    REFUSED = "refused"  # the service, or a rule, refuses the request


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job's record.

    Attributes:
        since: CreationTime; for TAKEN and REFUSED when that was first answered.
        operation: The operation that created it, by its tag.
        tags: A digest of the declared tags that it carries.
        present: Whether its artifact was found in S3.
        lost: Whether it was there once and is gone: history, which counts against no operation.
        verdict: What was found in its artifact; None if that was not verified.
        seconds: How long it compiled; None if that is not known.
    """

    known: RecordState
    since: datetime
    status: str = ""
    arn: str = ""
    operation: str = ""
    settings: str = ""
    tags: str = ""
    artifact: str = ""
    digest: str = ""
    image: str = ""
    reason: str = ""
    present: bool = True
    seconds: float | None = None
    foreign: bool = False
    lost: bool = False
    verdict: ArtifactVerdict | None = None

    def observed(self, name: str) -> ObservedJob:
        """Return the job as if it had just been described, with the tags that make it ours."""
        parts = JobName.parse(name)
        settings = "artifact lost" if self.lost else self.settings
        tags: dict[str, str] = {OPERATION: self.operation, SETTINGS: settings}
        if parts is not None and not self.foreign:
            tags |= {
                MANAGED_BY: MANAGER,
                OWNER: parts.identity.owner.name,
                ID: parts.identity.id,
                ATTEMPT: str(parts.attempt),
            }
        return ObservedJob(
            name=name,
            arn=self.arn,
            status=JobStatus(self.status),
            created=self.since,
            failure_reason=self.reason,
            s3_model_artifacts=self.artifact,
            artifact_digest=self.digest,
            inference_image=self.image,
            tags={} if self.foreign else tags,
            artifact_present=self.present if self.status == JobStatus.COMPLETED else None,
        )

    def holds_for(self, job: ObservedJob) -> bool:
        """Return whether it describes a finished job as List shows it now."""
        return self.known is RecordState.ENDED and self.status == job.status.value

    def to_json(self) -> dict[str, Any]:
        """Return its JSON form without what is empty."""
        full = {
            "known": self.known.value, "since": self.since.isoformat(),
            **{key: getattr(self, key) for key in _TEXTS},
            "seconds": self.seconds, "foreign": self.foreign or None,
            "missing": None if self.present else True, "lost": self.lost or None,
            "verdict": self.verdict and self.verdict.to_json(),
        }  # fmt: skip
        return {key: value for key, value in full.items() if value not in ("", None)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> JobRecord:
        """Read it back. Raises KeyError, TypeError or ValueError."""
        return JobRecord(
            known=RecordState(value["known"]),
            since=datetime.fromisoformat(value["since"]),
            present=not value.get("missing", False),
            seconds=value.get("seconds"),
            foreign=bool(value.get("foreign", False)),
            lost=bool(value.get("lost", False)),
            verdict=ArtifactVerdict.from_json(value["verdict"]) if "verdict" in value else None,
            **{key: str(value.get(key, "")) for key in _TEXTS},
        )


def created(declaration: Declaration, arn: str, operation: str, now: datetime) -> JobRecord:
    """Return the record of a job that the service has just accepted."""
    return JobRecord(
        RecordState.CREATED, now, JobStatus.STARTING.value, arn, operation,
        declaration.settings_digest, tags_digest(declaration),
    )  # fmt: skip


def ended(job: ObservedJob, before: JobRecord | None, tags: str, *, foreign: bool) -> JobRecord:
    """Return the record of a described, finished job; ``before`` has tags that were not reread."""
    carried = job.tags or {}
    operation, settings = carried.get(OPERATION, ""), carried.get(SETTINGS, "")
    if before is not None and job.tags is None:
        operation, settings, tags = before.operation, before.settings, before.tags
    gone = job.artifact_present is False
    was_there = before is not None and before.known is RecordState.ENDED
    lost = gone and was_there and before is not None and (before.present or before.lost)
    return JobRecord(
        RecordState.ENDED, job.created, job.status.value, job.arn, operation, settings, tags,
        job.s3_model_artifacts, job.artifact_digest, job.inference_image,
        job.failure_reason[:1024], not gone, job.compile_seconds, foreign, lost,
        before.verdict if was_there and before is not None else None,
    )  # fmt: skip


def tags_digest(declaration: Declaration) -> str:
    """Return a digest of a declaration's own tags; tags changed if it differs."""
    return digest(sorted([key, value] for key, value in declaration.request.tags), TAGS_LENGTH)


def not_listed_yet(
    records: Mapping[str, JobRecord], listed: Mapping[str, ObservedJob], now: datetime
) -> dict[str, ObservedJob]:
    """Return the jobs that were created and that List may not show yet."""
    return {
        name: record.observed(name)
        for name, record in records.items()
        if record.known is RecordState.CREATED
        and name not in listed
        and now - record.since < SETTLE
    }


def worth_keeping(
    records: Mapping[str, JobRecord], listed: Mapping[str, ObservedJob], now: datetime
) -> dict[str, JobRecord]:
    """Return the records of jobs that exist, or may exist."""
    return {
        name: replace(record, since=listed[name].created)
        if record.known is RecordState.CREATED and name in listed
        else record
        for name, record in records.items()
        if name in listed
        or record.known in {RecordState.TAKEN, RecordState.REFUSED}
        or (record.known is RecordState.CREATED and now - record.since < SETTLE)
    }
