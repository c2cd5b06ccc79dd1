"""A job as the account shows it: Describe's answer or List's summary, and its tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from reconciler.core.contract import SETTLE
from reconciler.core.identity import JobName


class JobStatus(StrEnum):
    """CompilationJobStatus, as the API spells it."""

    STARTING = "STARTING"
    INPROGRESS = "INPROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"

    @property
    def phase(self) -> Phase:
        """Whether a job of this status costs anything, and whether it will change by itself."""
        match self:
            case JobStatus.STARTING | JobStatus.INPROGRESS:
                return Phase.LIVE
            case JobStatus.STOPPING:
                return Phase.STOPPING
            case JobStatus.COMPLETED:
                return Phase.COMPLETED
            case JobStatus.FAILED | JobStatus.STOPPED:
                return Phase.ENDED
            case _:
                assert_never(self)


class Phase(StrEnum):
    """Statuses by what can be done about them."""

    LIVE = "live"  # runs, or will; can be stopped
    STOPPING = "stopping"  # will end by itself
    COMPLETED = "completed"  # the only success
    ENDED = "ended"  # FAILED or STOPPED: its record holds the name


@dataclass(frozen=True, slots=True)
class ObservedJob:
    """One compilation job as the account shows it.

    Attributes:
        created: CreationTime.
        tags: None while they have not been read.
        described: The fields of DescribeCompilationJob that are also fields of the request, in
            wire form; None if the job is known from a List summary only.
        artifact_present: Whether the artifact was found in S3; None if it was not looked for.
        changed: CompilationEndTime, or LastModifiedTime of a job without one; None if unknown.
        started: CompilationStartTime; None if it is not known, or not yet.
        ended: CompilationEndTime; None if it is not known, or not yet.
        target: TargetDevice, or a platform's parts joined by ``_``; empty if it was not read.
    """

    name: str
    arn: str
    status: JobStatus
    created: datetime
    failure_reason: str = ""
    s3_model_artifacts: str = ""
    artifact_digest: str = ""
    inference_image: str = ""
    tags: Mapping[str, str] | None = None
    described: Mapping[str, object] | None = field(default=None, compare=False)
    artifact_present: bool | None = None
    changed: datetime | None = field(default=None, compare=False)
    started: datetime | None = field(default=None, compare=False)
    ended: datetime | None = field(default=None, compare=False)
    target: str = field(default="", compare=False)

    @property
    def phase(self) -> Phase:
        """The phase of its status."""
        return self.status.phase

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended."""
        return self.phase in {Phase.LIVE, Phase.STOPPING}

    @property
    def job_name(self) -> JobName | None:
        """Its name, parsed; None if it does not have our form."""
        return JobName.parse(self.name)

    @property
    def compile_seconds(self) -> float | None:
        """How long it compiled; None if that is not known, or it has not ended."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()

    def __hash__(self) -> int:
        return hash((self.name, self.arn, self.created))


def may_still_be_written(job: ObservedJob, now: datetime) -> bool:
    """Return whether a job completed so lately that its artifact may not be in S3 yet.

    That the artifact is written before the status changes is not documented.
    """
    return job.changed is not None and now < job.changed + SETTLE
