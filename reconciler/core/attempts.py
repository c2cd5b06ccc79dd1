"""Decide what follows the attempts that were made: adopt, wait, or try again.

An attempt counts against an operation only if that operation made it, or it was made after the
operation began, and with the settings that are declared now. Others are history: a role was
fixed, a limit raised, so the next attempt is made.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.contract import IAM_LAG
from reconciler.core.declaration import Declaration
from reconciler.core.failure import Failure, FailureKind, failure_of
from reconciler.core.identity import MAX_ATTEMPT
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.operation import Operation, PlanOptions
from reconciler.core.ownership import OPERATION, SETTINGS
from reconciler.core.plan import Adopt, Await, Keep, NextAttempt


def after_attempts(
    declaration: Declaration,
    attempts: Sequence[ObservedJob],
    operation: Operation,
    options: PlanOptions,
) -> Adopt | Await | Keep | NextAttempt:
    """Decide about a declaration whose attempts, oldest first, have not succeeded."""
    last = attempts[-1]
    match last.phase:
        case Phase.LIVE if options.adopt and is_of_another(last, operation.id):
            return Adopt(declaration, last, "another operation started it")
        case Phase.LIVE:
            return Await(declaration, last, f"it is {last.status}")
        case Phase.STOPPING:
            return Await(declaration, last, "it is being stopped")
        case Phase.COMPLETED if _counts(last, declaration, operation):
            return Keep(declaration, last, "it COMPLETED, but its artifact is not in S3")
        case Phase.COMPLETED:
            return next_attempt(declaration, last, "its artifact is not in S3 any more")
        case Phase.ENDED:
            return _after_failure(declaration, attempts, operation, options)


def _after_failure(
    declaration: Declaration,
    attempts: Sequence[ObservedJob],
    operation: Operation,
    options: PlanOptions,
) -> Keep | NextAttempt:
    last = attempts[-1]
    if _is_history(last, declaration, operation, options):
        return next_attempt(declaration, last, f"{last.name} {last.status} in an earlier operation")
    counted = sum(
        job.phase is Phase.ENDED and not _is_history(job, declaration, operation, options)
        for job in attempts
    )
    if _is_retryable(last, operation) and counted <= options.retries and operation.may_retry:
        return next_attempt(declaration, last, f"{last.name} failed because of a service error")
    return Keep(declaration, last, f"it {last.status}, and no retries are left")


def _is_history(
    job: ObservedJob, declaration: Declaration, operation: Operation, options: PlanOptions
) -> bool:
    """Return whether a failure is history: of an earlier operation, or of other settings."""
    if _counts(job, declaration, operation):
        return False
    return not _has_settings(job, declaration) or _failure(job).kind in options.retry_ended


def next_attempt(
    declaration: Declaration, previous: ObservedJob, reason: str
) -> Keep | NextAttempt:
    """Return the attempt after ``previous``, or keep it if all names are used."""
    number = attempt_number(previous) + 1
    if number > MAX_ATTEMPT:
        return Keep(declaration, previous, f"all {MAX_ATTEMPT} attempts were used")
    return NextAttempt(declaration, declaration.identity.attempt(number), previous, reason)


def is_of_another(job: ObservedJob, operation_id: str) -> bool:
    """Return whether the tags of a job name another operation."""
    return job.tags is not None and job.tags.get(OPERATION) != operation_id


def _counts(job: ObservedJob, declaration: Declaration, operation: Operation) -> bool:
    tags = job.tags or {}
    is_of_operation = tags.get(OPERATION) == operation.id or job.created >= operation.began
    return is_of_operation and _has_settings(job, declaration)


def _has_settings(job: ObservedJob, declaration: Declaration) -> bool:
    settings = (job.tags or {}).get(SETTINGS, declaration.settings_digest)
    return settings == declaration.settings_digest


def _is_retryable(job: ObservedJob, operation: Operation) -> bool:
    """Return whether another attempt may succeed with nothing changed."""
    failure = _failure(job)
    match failure.kind:
        case FailureKind.SYSTEM:
            return failure.is_transient
        case FailureKind.PERMISSION:  # a new role is not yet known everywhere
            return abs(job.created - operation.began) <= IAM_LAG
        case FailureKind.INPUT | FailureKind.TIMEOUT | FailureKind.STOPPED:
            return False


def _failure(job: ObservedJob) -> Failure:
    return failure_of(job.failure_reason, stopped=job.status is JobStatus.STOPPED)


def attempt_number(job: ObservedJob) -> int:
    """Return which attempt a job is, by its name; 0 is the first."""
    name = job.job_name
    return name.attempt if name is not None else 0
