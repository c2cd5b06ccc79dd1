"""The fake gateway and the real adapter tell the same story, call for call.

The adapter runs on a stand-in for boto3's client, on the same in-memory service; what the tests
of handlers see through the fake is what the adapter would show them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.aws.budget import Budget
from reconciler.aws.rate import RateLimit
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.core.observed import JobStatus
from reconciler.core.ports import (
    Denied,
    Gateway,
    Invalid,
    LimitExceeded,
    NameInUse,
    PortError,
    RoleNotReady,
    Throttled,
    Transient,
    Unavailable,
)
from tests.fakes.boto_client import FakeSageMakerClient
from tests.fakes.gateway import Answer, FakeClock, FakeGateway, Travel, at_once
from tests.fakes.sagemaker import ApiError, Behaviour, FakeSageMaker, Script

ROLE = "arn:aws:iam::111122223333:role/job"
MakeGateway = Callable[[FakeSageMaker, Travel], Gateway]


def fake(service: FakeSageMaker, travel: Travel = at_once) -> Gateway:
    return FakeGateway(service, travel)


def adapter(service: FakeSageMaker, travel: Travel = at_once) -> Gateway:
    rate = RateLimit(2, pause=lambda seconds: None)
    return SageMakerGateway(FakeSageMakerClient(service, travel), Budget(), rate)


@pytest.fixture(params=[fake, adapter])
def make(request: pytest.FixtureRequest) -> MakeGateway:
    chosen: MakeGateway = request.param
    return chosen


@pytest.fixture(params=["ResourceNotFound", "ValidationException"])
def service(request: pytest.FixtureRequest) -> FakeSageMaker:
    return FakeSageMaker(FakeClock().seconds, Behaviour(not_found=request.param))


def job(name: str, **more: Any) -> dict[str, Any]:
    return {
        "CompilationJobName": name,
        "RoleArn": ROLE,
        "InputConfig": {"S3Uri": "s3://models/m.tar.gz", "Framework": "ONNX"},
        "OutputConfig": {"S3OutputLocation": "s3://out/x/", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
        "Tags": [{"Key": "neo:owner", "Value": "me"}],
        **more,
    }


def at(clock: FakeClock, behaviour: Behaviour | None = None, **more: Any) -> FakeSageMaker:
    return FakeSageMaker(clock.seconds, behaviour or Behaviour(), **more)


def test_a_created_job_is_described_listed_and_tagged(
    make: MakeGateway, service: FakeSageMaker
) -> None:
    gateway = make(service, at_once)
    arn = gateway.create(job("a-1"))
    seen = gateway.describe("a-1")
    assert seen is not None
    assert (seen.name, seen.arn, seen.status, seen.tags) == ("a-1", arn, JobStatus.STARTING, None)
    assert seen.described is not None
    assert seen.described["RoleArn"] == ROLE
    assert [each.name for each in gateway.list("a-")] == ["a-1"]
    gateway.add_tags(arn, {"x": "1"})
    gateway.remove_tags(arn, ("neo:owner", "never there"))
    assert gateway.tags(arn) == {"x": "1"}


def test_what_is_not_there_is_told_in_either_shape(
    make: MakeGateway, service: FakeSageMaker
) -> None:
    gateway = make(service, at_once)
    assert gateway.describe("gone") is None
    assert gateway.tags("arn:aws:sagemaker:us-east-1:111122223333:compilation-job/gone") is None
    gateway.stop("gone")
    gateway.delete("gone")
    assert list(gateway.list("gone")) == []


def test_a_completed_job_has_its_artifact_and_digest(make: MakeGateway) -> None:
    clock = FakeClock()
    gateway = make(at(clock), at_once)
    gateway.create(job("a"))
    clock.advance(100)
    seen = gateway.describe("a")
    assert seen is not None
    assert seen.status is JobStatus.COMPLETED
    assert seen.s3_model_artifacts == "s3://out/x/m-ml_c5.tar.gz"
    assert seen.artifact_digest


def test_a_failed_job_tells_why(make: MakeGateway) -> None:
    clock = FakeClock()
    script = Script(outcome="FAILED", reason="ClientError: no")
    gateway = make(at(clock, script_of=lambda request: script), at_once)
    gateway.create(job("a"))
    clock.advance(100)
    seen = gateway.describe("a")
    assert seen is not None
    assert (seen.status, seen.failure_reason) == (JobStatus.FAILED, "ClientError: no")


@pytest.mark.parametrize("answer", ["refused", "accepted"])
def test_stopping_what_has_ended_is_no_error(make: MakeGateway, answer: str) -> None:
    clock = FakeClock()
    gateway = make(at(clock, Behaviour(stop_on_terminal=answer)), at_once)
    gateway.create(job("a"))
    clock.advance(100)
    gateway.stop("a")
    seen = gateway.describe("a")
    assert seen is not None
    assert seen.status is JobStatus.COMPLETED


def test_stopping_goes_by_way_of_stopping(make: MakeGateway) -> None:
    clock = FakeClock()
    gateway = make(at(clock), at_once)
    gateway.create(job("a"))
    gateway.stop("a")
    gateway.stop("a")
    statuses = []
    for seconds in (0, 60):
        clock.advance(seconds)
        seen = gateway.describe("a")
        statuses.append(seen and seen.status)
    assert statuses == [JobStatus.STOPPING, JobStatus.STOPPED]


def test_only_what_has_ended_can_be_deleted(make: MakeGateway) -> None:
    clock = FakeClock()
    gateway = make(at(clock), at_once)
    gateway.create(job("a"))
    with pytest.raises(Transient):
        gateway.delete("a")
    clock.advance(100)
    gateway.delete("a")
    assert gateway.describe("a") is None


@pytest.mark.parametrize(("reusable", "error"), [(False, NameInUse), (True, None)])
def test_a_deleted_name_is_free_again_or_not(
    make: MakeGateway, reusable: bool, error: type[PortError] | None
) -> None:
    clock = FakeClock()
    gateway = make(at(clock, Behaviour(names_reusable=reusable)), at_once)
    gateway.create(job("a"))
    clock.advance(100)
    gateway.delete("a")
    if error is None:
        gateway.create(job("a"))
    else:
        with pytest.raises(error):
            gateway.create(job("a"))


def test_a_taken_name_a_full_quota_and_an_unknown_role_have_their_errors(
    make: MakeGateway,
) -> None:
    clock = FakeClock()
    service = at(clock, Behaviour(quota=1), role_usable_at={"new": clock.time + 60})
    gateway = make(service, at_once)
    gateway.create(job("a"))
    with pytest.raises(LimitExceeded):
        gateway.create(job("b"))
    clock.advance(100)
    with pytest.raises(NameInUse):
        gateway.create(job("a"))
    service.role_usable_at["new"] = clock.time + 60
    for seconds in (0, 55):  # the two shapes that a spreading role shows
        clock.advance(seconds)
        with pytest.raises(RoleNotReady):
            gateway.create(job("c", RoleArn="new"))


def test_empty_pages_are_no_end_and_the_newest_comes_first(make: MakeGateway) -> None:
    clock = FakeClock()
    service = at(clock, Behaviour(empty_pages=True, page_size=2))
    gateway = make(service, at_once)
    for number in range(5):
        gateway.create(job(f"a-{number}"))
        clock.advance(1)
    assert [each.name for each in gateway.list("a-")] == [f"a-{n}" for n in (4, 3, 2, 1, 0)]


def test_reads_show_the_past_of_a_lagging_replica(make: MakeGateway) -> None:
    clock = FakeClock()
    service = at(clock, describe_lag=lambda: 30.0, list_lag=lambda: 10.0)
    gateway = make(service, at_once)
    arn = gateway.create(job("a"))
    clock.advance(20)
    assert gateway.describe("a") is None
    assert gateway.tags(arn) is None
    assert [each.status for each in gateway.list("a")] == [JobStatus.INPROGRESS]


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("ThrottlingException", "Rate exceeded", Throttled),
        ("InternalFailure", "oh", Unavailable),
        ("ServiceUnavailable", "oh", Unavailable),
        ("RequestTimeout", "lost", Unavailable),
        ("AccessDeniedException", "not authorized to perform: sagemaker:X", Denied),
        ("ValidationException", "1 validation error detected", Invalid),
    ],
)
def test_an_error_on_the_way_is_the_same_error(
    make: MakeGateway, code: str, message: str, error: type[PortError]
) -> None:
    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        raise ApiError(code, message)

    gateway = make(FakeSageMaker(FakeClock().seconds), travel)
    with pytest.raises(error):
        gateway.create(job("a"))
    with pytest.raises(error):
        gateway.describe("a")
    with pytest.raises(error):
        list(gateway.list("a"))
    with pytest.raises(error):
        gateway.tags("arn:a/a")
