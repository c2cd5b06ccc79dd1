"""Whether a declaration is fulfilled, read off the decision that the plan made about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.contract import JOB_ATTRIBUTES
from reconciler.core.declaration import Declaration
from reconciler.core.failure import FailureKind, failure_of
from reconciler.core.metric_names import CONFLICT, REFUSED, UNVERIFIED
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.plan import Await, Conflict, Decision, Keep, Reject, job_name


@dataclass(frozen=True, slots=True)
class Pending:
    """The job has not completed yet; ``reason`` says what it waits for."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Compiled (or accepted, with wait=False). Every attribute is there, empty if unknown.

    Attributes:
        job: Whose success it is.
    """

    attributes: dict[str, str]
    job: ObservedJob = field(compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """It failed; waiting does not help.

    Attributes:
        hint: What to do; may be empty.
        kind: The class of the failure: a FailureKind, or one of ``metric_names``.
    """

    reason: str
    hint: str = ""
    kind: str = REFUSED

    def __str__(self) -> str:
        if not self.hint:
            return self.reason
        return f"{self.reason}{'' if self.reason.endswith('.') else '.'} {self.hint}"


Completion: TypeAlias = Pending | Succeeded | Failed


def completion(decision: Decision, *, wait: bool = True) -> Completion:
    """Return how far a declaration is.

    Args:
        decision: What the plan decided about it.
        wait: Whether only COMPLETED counts; otherwise a job that was accepted and has not failed
            does as well.
    """
    match decision:
        case Keep(_, job) if job.phase is Phase.COMPLETED and job.artifact_present is not False:
            return Succeeded(attributes_of(job), job)
        case Keep(_, job, reason):
            return _failed(job, reason)
        case Await(declaration, job) if not wait and _is_accepted(declaration, job):
            return Succeeded(attributes_of(job), job)
        case Reject(_, _, reason):
            return Failed(reason)
        case Conflict(_, job, reason):
            return Failed(
                f"{job.name}: {reason}.",
                "Delete or rename that job, or give this one another identity.",
                CONFLICT,
            )
        case _:
            return Pending(f"{job_name(decision)}: {decision.reason}")


def _is_accepted(declaration: Declaration, job: ObservedJob) -> bool:
    name = job.job_name
    return job.phase is Phase.LIVE and name is not None and name.identity == declaration.identity


def attributes_of(job: ObservedJob) -> dict[str, str]:
    """Return a job's attributes for Fn::GetAtt: every key of JOB_ATTRIBUTES, empty if unknown."""
    values = (
        job.name,
        job.arn,
        job.status.value,
        job.s3_model_artifacts,
        job.artifact_digest,
        job.inference_image,
    )
    return dict(zip(JOB_ATTRIBUTES, values, strict=True))


def unverified(job: ObservedJob, verdict: ArtifactVerdict) -> Failed:
    """Return the failure of a job whose artifact is not what was ordered."""
    return Failed(
        f"Compilation job {job.arn} COMPLETED, but its artifact could not be verified. "
        + " ".join(verdict.errors),
        f"`neoctl verify {job.s3_model_artifacts}` reads it again. It is not compiled again as it "
        'was declared: change what is compiled, or deploy with verify="warn".',
        UNVERIFIED,
    )


def _failed(job: ObservedJob, reason: str) -> Failed:
    if job.phase is Phase.COMPLETED:
        return Failed(
            f"Compilation job {job.name} COMPLETED, but its artifact is not in S3 "
            f"({job.s3_model_artifacts or 'the job names none'}).",
            "Check the output bucket's owner and lifecycle rules, and that the handler may read "
            "the object.",
            FailureKind.SYSTEM.value,
        )
    stopped = job.status is JobStatus.STOPPED
    failure = failure_of(job.failure_reason, stopped=stopped)
    said = job.failure_reason or (reason if not stopped else "it was stopped")
    return Failed(
        f"Compilation job {job.name} {job.status}: {said}", failure.hint, failure.kind.value
    )
