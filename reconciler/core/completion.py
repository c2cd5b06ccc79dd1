"""Completion: whether a declaration has come true, read off the action that the plan chose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.core.contract import JOB_ATTRIBUTES
from reconciler.core.failure import FailureKind, failure_of
from reconciler.core.metric_names import CONFLICT, REFUSED
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.plan import Adopt, Await, Conflict, Create, Keep, NextAttempt


@dataclass(frozen=True, slots=True)
class Pending:
    """Not yet. ``reason`` says what is being waited for."""

    reason: str


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Compiled (or accepted, where nobody waits). Every attribute is there, empty if unknown.

    Attributes:
        job: Whose success it is.
    """

    attributes: dict[str, str]
    job: ObservedJob = field(compare=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """It will not come true by waiting.

    Attributes:
        hint: What to do; may be empty.
        kind: The class of the failure: a FailureKind, or one of ``measures``.
    """

    reason: str
    hint: str
    kind: str = REFUSED

    def __str__(self) -> str:
        return f"{self.reason} {self.hint}".rstrip()


Completion: TypeAlias = Pending | Succeeded | Broken
Decision: TypeAlias = Create | NextAttempt | Adopt | Await | Keep | Conflict


def completion(decision: Decision, *, wait: bool = True) -> Completion:
    """How far a declaration is.

    Args:
        decision: What the plan says of it.
        wait: Whether only COMPLETED counts; otherwise a job that was accepted and has not failed
            does as well.
    """
    match decision:
        case Keep(_, job) if job.phase is Phase.COMPLETED and job.artifact_present is not False:
            return Succeeded(attributes_of(job), job)
        case Keep(_, job, reason):
            return _failed(job, reason)
        case Await(declaration, job) if not wait and job.phase is Phase.LIVE:
            name = job.job_name
            if name is not None and name.identity == declaration.identity:
                return Succeeded(attributes_of(job), job)
            return Pending(f"{job.name}: {decision.reason}")
        case Await(_, job, reason) | Adopt(_, job, reason):
            return Pending(f"{job.name}: {reason}")
        case Create(_, name, reason) | NextAttempt(_, name, _, reason):
            return Pending(f"{name}: {reason}")
        case Conflict(_, job, reason):
            return Broken(
                f"{job.name}: {reason}.",
                "Delete or rename that job, or give this one another identity.",
                CONFLICT,
            )


def attributes_of(job: ObservedJob) -> dict[str, str]:
    """What a job gives to those who refer to it; every key of JOB_ATTRIBUTES, empty if unknown."""
    values = (
        job.name,
        job.arn,
        job.status.value,
        job.s3_model_artifacts,
        job.artifact_digest,
        job.inference_image,
    )
    return dict(zip(JOB_ATTRIBUTES, values, strict=True))


def _failed(job: ObservedJob, reason: str) -> Broken:
    if job.phase is Phase.COMPLETED:
        return Broken(
            f"Compilation job {job.name} COMPLETED, and its artifact is not there "
            f"({job.s3_model_artifacts or 'it names none'}).",
            "Check who owns the output bucket, its lifecycle rules, and whether the handler may "
            "see the object.",
            FailureKind.SYSTEM.value,
        )
    stopped = job.status is JobStatus.STOPPED
    failure = failure_of(job.failure_reason, stopped=stopped)
    said = job.failure_reason or (reason if not stopped else "it was stopped")
    return Broken(
        f"Compilation job {job.name} {job.status}: {said}", failure.hint, failure.kind.value
    )
