"""What follows the attempts that were made: adopt, wait, or try again.

An attempt counts against an operation only if that operation made it, or it was made after the
operation began, and with the settings that are declared now. Others are history: a role was
fixed, a limit raised, so the next attempt is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.core.contract import IAM_LAG
from reconciler.core.declaration import Declaration
from reconciler.core.failure import FailureKind, failure_of
from reconciler.core.identity import MAX_ATTEMPT
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.ownership import OPERATION, SETTINGS
from reconciler.core.plan import Adopt, Await, Keep, NextAttempt
from reconciler.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Operation:
    """One run that brings declarations about.

    Attributes:
        id: What its jobs are tagged with: a CloudFormation RequestId, an apply's id.
        began: When it began.
        may_retry: Whether there is time left for a further attempt.
    """

    id: str
    began: datetime
    may_retry: bool = True


def after_attempts(
    declaration: Declaration,
    attempts: Sequence[ObservedJob],
    operation: Operation,
    policy: Policy,
) -> Adopt | Await | Keep | NextAttempt:
    """What to do about a declaration whose attempts, oldest first, have not succeeded."""
    last = attempts[-1]
    match last.phase:
        case Phase.LIVE if last.tags is not None and last.tags.get(OPERATION) != operation.id:
            return Adopt(declaration, last, "another operation started it")
        case Phase.LIVE:
            return Await(declaration, last, f"it is {last.status}")
        case Phase.STOPPING:
            return Await(declaration, last, "it is being stopped")
        case Phase.COMPLETED if _counts(last, declaration, operation):
            return Keep(declaration, last, "it COMPLETED, and its artifact is not in S3")
        case Phase.COMPLETED:
            return _next(declaration, last, "its artifact is not in S3 any more")
        case Phase.ENDED:
            return _after_failure(declaration, attempts, operation, policy)


def _after_failure(
    declaration: Declaration,
    attempts: Sequence[ObservedJob],
    operation: Operation,
    policy: Policy,
) -> Keep | NextAttempt:
    last = attempts[-1]
    if not _counts(last, declaration, operation):
        return _next(declaration, last, f"{last.name} {last.status} in an earlier operation")
    counted = sum(
        job.phase is Phase.ENDED and _counts(job, declaration, operation) for job in attempts
    )
    if _may_pass(last, operation) and counted <= policy.retries and operation.may_retry:
        return _next(declaration, last, f"{last.name} failed, not by the user's making")
    return Keep(declaration, last, f"it {last.status}, and no attempt is left")


def _next(declaration: Declaration, previous: ObservedJob, reason: str) -> Keep | NextAttempt:
    number = attempt_number(previous) + 1
    if number > MAX_ATTEMPT:
        return Keep(declaration, previous, f"{MAX_ATTEMPT} attempts were made, there is no other")
    return NextAttempt(declaration, declaration.identity.attempt(number), previous, reason)


def _counts(job: ObservedJob, declaration: Declaration, operation: Operation) -> bool:
    tags = job.tags or {}
    same_settings = tags.get(SETTINGS, declaration.settings_digest) == declaration.settings_digest
    return same_settings and (tags.get(OPERATION) == operation.id or job.created >= operation.began)


def _may_pass(job: ObservedJob, operation: Operation) -> bool:
    """Whether another attempt may do better with nothing changed."""
    failure = failure_of(job.failure_reason, stopped=job.status is JobStatus.STOPPED)
    match failure.kind:
        case FailureKind.SYSTEM:
            return True
        case FailureKind.PERMISSION:  # a new role is not yet known everywhere
            return job.created - operation.began <= IAM_LAG
        case FailureKind.INPUT | FailureKind.TIMEOUT | FailureKind.STOPPED:
            return False


def attempt_number(job: ObservedJob) -> int:
    """Which attempt a job is, by its name; 0 is the first."""
    name = job.job_name
    return name.attempt if name is not None else 0
