"""Rows: what is known of a job, in the words of a report."""

from __future__ import annotations

from typing import Final, NamedTuple, assert_never

from reconciler.cli.fleets.status import FailureDetails, JobRow, JobState
from reconciler.core.declaration import Declaration
from reconciler.core.failure import FailureKind, failure_of
from reconciler.core.fields import TARGET_DEVICE, TARGET_PLATFORM
from reconciler.core.metric_names import CONFLICT, REFUSED
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.plan import (
    Adopt,
    Await,
    Conflict,
    Create,
    Decision,
    Defer,
    Keep,
    NextAttempt,
    Reject,
)

_STATES: Final = {
    JobStatus.STARTING: JobState.STARTING,
    JobStatus.INPROGRESS: JobState.IN_PROGRESS,
    JobStatus.STOPPING: JobState.STOPPING,
    JobStatus.STOPPED: JobState.STOPPED,
    JobStatus.FAILED: JobState.FAILED,
    JobStatus.COMPLETED: JobState.COMPLETED,
}
_CONFLICT_HINT: Final = "Delete that job's record, or change the declaration."
_PLATFORM: Final = tuple(f"{TARGET_PLATFORM}.{part}" for part in ("Os", "Arch", "Accelerator"))


class JobLabel(NamedTuple):
    """What a job is called, before anything is known of it."""

    owner: str
    logical_name: str
    model: str
    target: str


def label_of(declaration: Declaration) -> JobLabel:
    """Return what a declared job is called."""
    request = declaration.request
    parts = [text for path in _PLATFORM if (text := request.text(path))]
    target = request.text(TARGET_DEVICE) or "_".join(parts)
    return label(declaration.owner.name, declaration.logical_name, target)


def label(owner: str, logical_name: str, target: str) -> JobLabel:
    """Return what a job of a logical name is called: ``<model>/<target>``, or as it is written.

    Args:
        owner: Whose it is.
        logical_name: Its name in the declaration.
        target: Its target; empty if it is not known.
    """
    model, slash, last = logical_name.rpartition("/")
    if slash and last == target:
        return JobLabel(owner, logical_name, model, target)
    return JobLabel(owner, logical_name, logical_name, target)


def label_of_job(job: ObservedJob) -> JobLabel:
    """Return what a job is called of which only the account knows."""
    name = job.job_name
    if name is None:
        return JobLabel("", "", job.name, job.target)
    return JobLabel(name.identity.owner.name, "", name.identity.slug, job.target)


def row_of_decision(decision: Decision) -> JobRow:
    """Return a declared job's row: how it is now, whatever would be done about it."""
    declaration = decision.declaration
    named = label_of(declaration)
    match decision:
        case Keep(_, job) | NextAttempt(_, _, job):
            return row_of_job(job, named)
        case Await(_, job, reason) | Adopt(_, job, reason):
            if _is_attempt(job, declaration):
                return row_of_job(job, named)
            return missing_row(named, str(declaration.identity), reason)
        case Create(_, name):
            return missing_row(named, str(name))
        case Defer(_, name, reason):
            return unknown_row(named, str(name), reason)
        case Reject(_, name, reason):
            job_name = declaration.existing_job or str(name)
            return failed_row(named, job_name, JobState.REFUSED, reason)
        case Conflict(_, job, reason):
            return failed_row(named, job.name, JobState.CONFLICT, reason)
        case _:
            assert_never(decision)


def row_of_job(job: ObservedJob, named: JobLabel, artifact_bytes: int | None = None) -> JobRow:
    """Return the row of a job that exists."""
    state = _STATES[job.status]
    if job.status is JobStatus.COMPLETED and job.artifact_present is False:
        state = JobState.ARTIFACT_MISSING
    return JobRow(
        owner=named.owner, logical_name=named.logical_name, model=named.model,
        target=named.target or job.target, job=job.name, state=state, arn=job.arn,
        created=job.created, started=job.started, ended=job.ended,
        artifact=job.s3_model_artifacts, artifact_bytes=artifact_bytes,
        digest=job.artifact_digest, inference_image=job.inference_image,
        failure=_failure(job, state),
    )  # fmt: skip


def missing_row(named: JobLabel, job: str, note: str = "") -> JobRow:
    """Return the row of a job that does not exist yet."""
    return _row(named, job, JobState.NOT_CREATED, note=note)


def unknown_row(named: JobLabel, job: str, note: str) -> JobRow:
    """Return the row of a job of which nothing could be read."""
    return _row(named, job, JobState.UNKNOWN, note=note)


def failed_row(named: JobLabel, job: str, state: JobState, reason: str) -> JobRow:
    """Return the row of a job that cannot be created, for this reason."""
    if state is JobState.CONFLICT:
        return _row(named, job, state, failure=FailureDetails(CONFLICT, "", reason, _CONFLICT_HINT))
    return _row(named, job, state, failure=FailureDetails(REFUSED, "", reason, ""))


def _row(
    named: JobLabel,
    job: str,
    state: JobState,
    *,
    note: str = "",
    failure: FailureDetails | None = None,
) -> JobRow:
    return JobRow(
        owner=named.owner, logical_name=named.logical_name, model=named.model,
        target=named.target, job=job, state=state, note=note, failure=failure,
    )  # fmt: skip


def _is_attempt(job: ObservedJob, declaration: Declaration) -> bool:
    """Return whether a job is of the declaration itself, and not of an older one."""
    if declaration.existing_job is not None:
        return job.name == declaration.existing_job
    return job.job_name is not None and job.job_name.identity == declaration.identity


def _failure(job: ObservedJob, state: JobState) -> FailureDetails | None:
    if state is JobState.ARTIFACT_MISSING:
        return FailureDetails(
            FailureKind.SYSTEM.value, "",
            f"its artifact is not in S3 ({job.s3_model_artifacts or 'the job names none'})",
            "Check the lifecycle rules of the output bucket; neoctl apply --refresh compiles it "
            "again.",
        )  # fmt: skip
    if state is JobState.STOPPED:
        known = failure_of("", stopped=True)
        again = "neoctl apply --retry-failed stopped compiles it again."
        return FailureDetails(known.kind.value, known.name, known.hint, again)
    if state is not JobState.FAILED or not job.failure_reason:
        return None
    known = failure_of(job.failure_reason)
    return FailureDetails(known.kind.value, known.name, job.failure_reason, known.hint)
