"""A job's way through its statuses, and what may be done to it on the way."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from neo_local.jobs.job import Status
from neo_local.jobs.outcome import JobFailed, JobTimedOut
from tests.fakes.endpoint import Service, arn_of, create_request, running_service


def refusal(call: Any, **arguments: Any) -> dict[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error: dict[str, str] = caught.value.response["Error"]
    return error


def test_jobs_beyond_the_slots_wait_as_starting(service: Service) -> None:
    service.compiler.gate.clear()
    for name in ("one", "two", "three"):
        service.client().create_compilation_job(**create_request(name))
    service.wait("one", "INPROGRESS")
    service.wait("two", "INPROGRESS")
    assert "CompilationStartTime" not in service.wait("three", "STARTING")
    service.compiler.gate.set()
    service.wait("three", "COMPLETED")
    assert service.compiler.most_at_once == 2


def test_a_failed_job_has_a_reason_of_at_most_1024_characters(service: Service) -> None:
    service.compiler.ends["job"] = JobFailed("ClientError: " + "x" * 2000)
    service.client().create_compilation_job(**create_request("job"))
    job = service.wait("job", "FAILED")
    assert job["FailureReason"].startswith("ClientError: x")
    assert len(job["FailureReason"]) == 1024
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == ""
    assert "ModelDigests" not in job


def test_a_job_that_takes_too_long_fails_with_a_time_out(service: Service) -> None:
    service.compiler.gate.clear()
    limit = {"MaxRuntimeInSeconds": 1}
    service.client().create_compilation_job(**create_request("job", StoppingCondition=limit))
    job = service.wait("job", "FAILED")
    assert "TimeOut" in job["FailureReason"]
    assert "1 seconds" in job["FailureReason"]
    assert (job["CompilationEndTime"] - job["CompilationStartTime"]).total_seconds() >= 1


def test_an_error_of_ours_is_an_internal_server_error(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.compiler.ends["job"] = KeyError("bug")
    service.client().create_compilation_job(**create_request("job"))
    assert service.wait("job", "FAILED")["FailureReason"].startswith("ServerError: ")
    assert "KeyError" in capfd.readouterr().err


def test_a_running_job_is_stopped(service: Service) -> None:
    service.compiler.gate.clear()
    service.client().create_compilation_job(**create_request("job"))
    service.wait("job", "INPROGRESS")
    service.client().stop_compilation_job(CompilationJobName="job")
    job = service.wait("job", "STOPPED")
    assert job["FailureReason"] == ""
    assert "CompilationEndTime" in job


def test_a_waiting_job_is_stopped_at_once_and_never_runs(service: Service) -> None:
    service.compiler.gate.clear()
    for name in ("one", "two", "three"):
        service.client().create_compilation_job(**create_request(name))
    service.client().stop_compilation_job(CompilationJobName="three")
    assert "CompilationStartTime" not in service.wait("three", "STOPPED")
    service.compiler.gate.set()
    service.wait("two", "COMPLETED")
    assert "three" not in service.compiler.seen


def test_stopping_twice_is_no_error(service: Service) -> None:
    service.compiler.gate.clear()
    service.client().create_compilation_job(**create_request("job"))
    service.client().stop_compilation_job(CompilationJobName="job")
    service.client().stop_compilation_job(CompilationJobName="job")
    service.wait("job", "STOPPED")


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED", "STOPPED"])
@pytest.mark.parametrize("shape", ["accepted", "ValidationException"])
def test_stopping_an_ended_job_changes_nothing_in_either_shape(
    service: Service, end: str, shape: str
) -> None:
    service.switch(stop_on_terminal=shape)
    _end(service, "job", end)
    before = service.wait("job", end)
    if shape == "accepted":
        service.client().stop_compilation_job(CompilationJobName="job")
    else:
        error = refusal(service.client().stop_compilation_job, CompilationJobName="job")
        assert error["Code"] == shape
        assert end.title() in error["Message"]
    after = service.wait("job", end)
    assert after["LastModifiedTime"] == before["LastModifiedTime"]


def _end(service: Service, name: str, end: str) -> None:
    if end == "FAILED":
        service.compiler.ends[name] = JobFailed("no")
    if end == "STOPPED":
        service.compiler.gate.clear()
    service.client().create_compilation_job(**create_request(name))
    if end == "STOPPED":
        service.client().stop_compilation_job(CompilationJobName=name)
    service.wait(name, end)


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED", "STOPPED"])
@pytest.mark.parametrize("reuse", ["allowed", "refused"])
def test_an_ended_job_is_deleted_and_its_name_may_or_may_not_be_used_again(
    service: Service, end: str, reuse: str
) -> None:
    service.switch(name_reuse=reuse)
    _end(service, "job", end)
    service.client().delete_compilation_job(CompilationJobName="job")
    assert service.compiler.forgotten == [arn_of("job")]
    gone = refusal(service.client().describe_compilation_job, CompilationJobName="job")
    assert gone["Code"] == "ResourceNotFound"
    assert service.client().list_compilation_jobs()["CompilationJobSummaries"] == []
    if reuse == "allowed":
        assert service.client().create_compilation_job(**create_request("job"))
    else:
        again = refusal(service.client().create_compilation_job, **create_request("job"))
        assert again["Code"] == "ResourceInUse"


def test_a_live_job_cannot_be_deleted(service: Service) -> None:
    service.compiler.gate.clear()
    service.client().create_compilation_job(**create_request("job"))
    error = refusal(service.client().delete_compilation_job, CompilationJobName="job")
    assert error["Code"] == "ValidationException"
    assert service.wait("job", "INPROGRESS")


@pytest.mark.parametrize("operation", ["describe", "stop", "delete"])
@pytest.mark.parametrize("shape", ["ResourceNotFound", "ValidationException"])
def test_an_unknown_job_is_refused_in_either_shape(
    service: Service, operation: str, shape: str
) -> None:
    service.switch(not_found=shape)
    call = getattr(service.client(), f"{operation}_compilation_job")
    error = refusal(call, CompilationJobName="nobody")
    assert error["Code"] == shape
    assert error["Message"] == "Could not find compilation job 'nobody'."


def test_a_job_is_recreated_under_its_name_while_its_old_entry_still_waits(
    service: Service,
) -> None:
    service.compiler.gate.clear()
    for name in ("one", "two", "again"):
        service.client().create_compilation_job(**create_request(name))
    service.client().stop_compilation_job(CompilationJobName="again")
    service.client().delete_compilation_job(CompilationJobName="again")
    service.client().create_compilation_job(**create_request("again"))
    service.compiler.gate.set()
    service.wait("again", "COMPLETED")
    assert service.compiler.seen.count("again") == 1


def test_jobs_survive_a_restart_and_those_cut_off_end_honestly(tmp_path: Path) -> None:
    with running_service(tmp_path) as first:
        first.client().create_compilation_job(**create_request("done"))
        done = first.wait("done", "COMPLETED")
        first.compiler.gate.clear()
        for name in ("running-1", "running-2", "waiting"):
            first.client().create_compilation_job(**create_request(name))
        first.wait("running-2", "INPROGRESS")
        stopping = first.store.get(arn_of("running-2"))
        assert stopping
        first.store.put(dataclasses.replace(stopping, status=Status.STOPPING))
    with running_service(tmp_path) as second:
        again = second.wait("done", "COMPLETED")
        for member in ("CreationTime", "ModelArtifacts", "ModelDigests", "LastModifiedTime"):
            assert again[member] == done[member]
        cut_off = second.wait("running-1", "FAILED")
        assert cut_off["FailureReason"].startswith("ServerError: ")
        assert second.wait("running-2", "STOPPED")
        assert second.wait("waiting", "COMPLETED")
        assert second.compiler.seen == ["waiting"]
        assert second.admin("calls")["counts"]["CreateCompilationJob"]["accepted"] == 4


def test_deleted_names_stay_refused_after_a_restart(tmp_path: Path) -> None:
    with running_service(tmp_path) as first:
        first.client().create_compilation_job(**create_request("job"))
        first.wait("job", "COMPLETED")
        first.client().delete_compilation_job(CompilationJobName="job")
    with running_service(tmp_path, name_reuse="refused") as second:
        error = refusal(second.client().create_compilation_job, **create_request("job"))
        assert error["Code"] == "ResourceInUse"


def test_a_time_out_of_the_compiler_is_no_stop(service: Service) -> None:
    service.compiler.ends["job"] = JobTimedOut()
    service.client().create_compilation_job(**create_request("job"))
    assert "900 seconds" in service.wait("job", "FAILED")["FailureReason"]
