"""Completion: COMPLETED with its artifact alone is success."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.completion import (
    Completion,
    Failed,
    Pending,
    Succeeded,
    completion,
)
from reconciler.core.contract import JOB_ATTRIBUTES
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.operation import Operation, PlanOptions
from reconciler.core.plan import Delete, Keep, Retag, Stop
from reconciler.core.planner import plan
from tests.unit.core.strategies import BEGAN, a_declaration, a_job

DECLARED = a_declaration()


def outcome(*jobs: ObservedJob, wait: bool = True) -> Completion:
    chosen = plan([DECLARED], jobs, Operation("op-1", BEGAN), PlanOptions(retries=0))
    (decision,) = (
        action for action in chosen.actions if not isinstance(action, Stop | Delete | Retag)
    )
    return completion(decision, wait=wait)


def test_completed_gives_every_attribute_empty_if_unknown() -> None:
    result = outcome(a_job(DECLARED, JobStatus.COMPLETED))
    assert isinstance(result, Succeeded)
    assert tuple(result.attributes) == JOB_ATTRIBUTES
    assert result.attributes["CompilationJobStatus"] == "COMPLETED"
    assert result.attributes["InferenceImage"] == ""


@pytest.mark.parametrize("status", [each for each in JobStatus if each is not JobStatus.COMPLETED])
def test_no_other_status_is_success(status: JobStatus) -> None:
    assert not isinstance(outcome(a_job(DECLARED, status)), Succeeded)


def test_completed_without_its_artifact_is_not_success() -> None:
    job = a_job(DECLARED, JobStatus.COMPLETED, artifact_present=False)
    result = outcome(job)
    assert isinstance(result, Failed)
    assert "artifact is not in S3" in result.reason


@pytest.mark.parametrize("status", [JobStatus.STARTING, JobStatus.INPROGRESS])
def test_a_live_job_is_enough_where_nobody_waits(status: JobStatus) -> None:
    assert isinstance(outcome(a_job(DECLARED, status), wait=False), Succeeded)
    assert isinstance(outcome(a_job(DECLARED, status), wait=True), Pending)


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED, JobStatus.STOPPING])
def test_not_waiting_never_makes_a_success_of_a_failure(status: JobStatus) -> None:
    assert not isinstance(outcome(a_job(DECLARED, status), wait=False), Succeeded)


def test_a_failure_tells_neos_reason_and_what_to_do() -> None:
    job = a_job(DECLARED, JobStatus.FAILED, reason="ClientError: Unable to untar input model")
    result = outcome(job)
    assert isinstance(result, Failed)
    assert f"Compilation job {job.name} FAILED: ClientError: Unable to untar" in str(result)
    assert ".tar.gz" in result.hint


def test_a_foreign_job_of_the_name_is_a_failure_that_says_so() -> None:
    job = replace(a_job(DECLARED, JobStatus.COMPLETED), tags={})
    result = outcome(job)
    assert isinstance(result, Failed)
    assert "not ours" in result.reason


def test_a_reason_and_its_hint_are_two_sentences() -> None:
    assert str(Failed("it failed", "Try again.")) == "it failed. Try again."
    assert str(Failed("It failed.", "Try again.")) == "It failed. Try again."
    assert str(Failed("it failed")) == "it failed"


def test_an_artifact_that_is_lost_at_once_is_a_failure_of_the_service() -> None:
    declared = a_declaration()
    job = a_job(declared, JobStatus.COMPLETED, artifact_present=False)
    found = completion(Keep(declared, job, "it COMPLETED, but its artifact is not in S3"))
    assert isinstance(found, Failed)
    assert found.kind == "system"
    assert f"{job.name} COMPLETED, but its artifact is not in S3 (the job names none)." in str(
        found
    )
