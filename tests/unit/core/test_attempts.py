"""What follows the attempts that were made: the decision, the job that it names, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.core.attempts import after_attempts, attempt_number
from reconciler.core.contract import IAM_LAG
from reconciler.core.failure import FailureKind
from reconciler.core.fields import ROLE_ARN
from reconciler.core.identity import MAX_ATTEMPT
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.operation import Operation, PlanOptions
from reconciler.core.ownership import OPERATION, SETTINGS
from reconciler.core.plan import Adopt, Await, Keep, NextAttempt
from tests.unit.core.strategies import BEGAN, a_declaration, a_job

DECLARED = a_declaration()
OTHER_ROLE = replace(
    DECLARED,
    request=DECLARED.request.changed({ROLE_ARN: "arn:aws:iam::111122223333:role/Another"}),
)
NOW = Operation("op-1", BEGAN)
LONG_AGO = BEGAN - timedelta(days=3)
SYSTEM = "InternalServerError: please contact amazon-neo-feedback"
NAME = str(DECLARED.identity)


def decided(*jobs: ObservedJob, **options: object) -> Adopt | Await | Keep | NextAttempt:
    return after_attempts(DECLARED, jobs, NOW, PlanOptions(**options))  # type: ignore[arg-type]


def failed(attempt: int = 0, reason: str = SYSTEM, **more: object) -> ObservedJob:
    return a_job(DECLARED, JobStatus.FAILED, attempt=attempt, reason=reason, **more)  # type: ignore[arg-type]


def earlier(status: JobStatus, attempt: int = 0, reason: str = "") -> ObservedJob:
    return a_job(
        DECLARED, status, attempt=attempt, reason=reason, operation="op-0", created=LONG_AGO
    )


def untagged(job: ObservedJob, *keys: str) -> ObservedJob:
    return replace(
        job, tags={key: text for key, text in (job.tags or {}).items() if key not in keys}
    )


def test_what_is_under_way_is_awaited_or_adopted() -> None:
    mine = a_job(DECLARED, JobStatus.INPROGRESS)
    theirs = a_job(DECLARED, JobStatus.STARTING, operation="op-0")
    ending = a_job(DECLARED, JobStatus.STOPPING, operation="op-0")
    assert decided(mine) == Await(DECLARED, mine, "it is INPROGRESS")
    assert decided(theirs) == Adopt(DECLARED, theirs, "another operation started it")
    assert decided(theirs, adopt=False) == Await(DECLARED, theirs, "it is STARTING")
    assert decided(ending) == Await(DECLARED, ending, "it is being stopped")


def test_a_live_job_whose_tags_were_not_read_is_not_taken_for_anothers() -> None:
    unread = replace(a_job(DECLARED, JobStatus.INPROGRESS), tags=None)
    assert decided(unread) == Await(DECLARED, unread, "it is INPROGRESS")


def test_a_lost_artifact_is_compiled_again_unless_this_operation_made_it() -> None:
    before = earlier(JobStatus.COMPLETED)
    mine = a_job(DECLARED, JobStatus.COMPLETED)
    second = DECLARED.identity.attempt(1)
    reason = "its artifact is not in S3 any more"
    assert decided(before) == NextAttempt(DECLARED, second, before, reason)
    assert decided(mine) == Keep(DECLARED, mine, "it COMPLETED, but its artifact is not in S3")


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED])
def test_history_is_followed_by_the_next_attempt(status: JobStatus) -> None:
    job = earlier(status)
    reason = f"{NAME} {status} in an earlier operation"
    assert decided(job) == NextAttempt(DECLARED, DECLARED.identity.attempt(1), job, reason)


def test_a_failure_of_the_service_is_followed_by_the_next_attempt() -> None:
    job = failed()
    reason = f"{NAME} failed because of a service error"
    assert decided(job) == NextAttempt(DECLARED, DECLARED.identity.attempt(1), job, reason)


def test_a_failure_that_counts_and_is_not_retried_is_kept_with_its_status() -> None:
    job, stopped = failed(reason="TimeOut"), a_job(DECLARED, JobStatus.STOPPED, reason=SYSTEM)
    assert decided(job) == Keep(DECLARED, job, "it FAILED, and no retries are left")
    assert decided(stopped) == Keep(DECLARED, stopped, "it STOPPED, and no retries are left")


def test_only_failures_of_this_operation_use_retries_up() -> None:
    lost = a_job(DECLARED, JobStatus.COMPLETED, attempt=1)
    history = earlier(JobStatus.FAILED)
    assert isinstance(decided(history, lost, failed(2), retries=1), NextAttempt)
    assert isinstance(decided(failed(0), lost, failed(2), retries=1), Keep)
    assert isinstance(decided(failed(0), lost, failed(2), retries=2), NextAttempt)


def test_a_job_is_of_this_operation_by_its_tag_or_by_its_time() -> None:
    """The tag of an adopted job is changed; a job that a lost answer made has only its time."""
    tagged = failed(created=LONG_AGO)
    timed = failed(operation="op-0", created=BEGAN)
    earlier_by_a_second = failed(operation="op-0", created=BEGAN - timedelta(seconds=1))
    for job in (tagged, timed):
        assert isinstance(decided(job, retries=0), Keep)
    assert isinstance(decided(earlier_by_a_second, retries=0), NextAttempt)


def test_a_job_without_tags_is_judged_by_its_time_and_as_if_its_settings_were_the_same() -> None:
    for job in (untagged(failed(), SETTINGS), replace(failed(), tags=None)):
        assert isinstance(decided(job, retries=0), Keep)
    assert isinstance(decided(replace(failed(created=LONG_AGO), tags=None)), NextAttempt)
    before = untagged(failed(created=LONG_AGO), OPERATION)
    assert isinstance(decided(before, retry_ended=frozenset()), NextAttempt)


def test_history_is_tried_again_only_for_the_kinds_of_failures_that_are_asked_for() -> None:
    timeouts = frozenset({FailureKind.TIMEOUT})
    assert isinstance(
        decided(earlier(JobStatus.FAILED, 0, "TimeOut"), retry_ended=timeouts), NextAttempt
    )
    kept = decided(earlier(JobStatus.FAILED, 0, "Unable to untar"), retry_ended=timeouts)
    assert isinstance(kept, Keep)
    stopped = earlier(JobStatus.STOPPED, 0, "TimeOut")
    assert isinstance(decided(stopped, retry_ended=timeouts), Keep)
    assert isinstance(decided(stopped, retry_ended=frozenset({FailureKind.STOPPED})), NextAttempt)


def test_a_failure_with_other_settings_is_history_whatever_is_asked_for() -> None:
    job = a_job(OTHER_ROLE, JobStatus.FAILED, reason="TimeOut")
    assert isinstance(decided(job, retry_ended=frozenset()), NextAttempt)


@pytest.mark.parametrize(
    ("created", "retried"),
    [(IAM_LAG, True), (IAM_LAG + timedelta(seconds=1), False), (-IAM_LAG, True)],
)
def test_a_permission_may_be_new_for_as_long_as_iam_lags(created: timedelta, retried: bool) -> None:
    job = failed(reason="AccessDenied", created=BEGAN + created)
    assert isinstance(decided(job), NextAttempt) is retried


def test_attempts_are_numbered_up_to_the_last() -> None:
    last = earlier(JobStatus.FAILED, MAX_ATTEMPT)
    before = earlier(JobStatus.FAILED, MAX_ATTEMPT - 1)
    assert decided(last) == Keep(DECLARED, last, f"all {MAX_ATTEMPT} attempts were used")
    made = decided(before)
    assert isinstance(made, NextAttempt)
    assert made.name == DECLARED.identity.attempt(MAX_ATTEMPT)


def test_a_name_of_another_form_is_a_first_attempt() -> None:
    assert attempt_number(replace(failed(), name="their-job")) == 0
    assert attempt_number(failed(7)) == 7
