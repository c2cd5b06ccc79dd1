"""The switches and the endpoint's own pages."""

from __future__ import annotations

import dataclasses
import json
import time
import urllib.error
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from hypothesis import given
from hypothesis import strategies as st

from neo_local.faults import BadSwitch, Faults, Switches, changed
from tests.fakes.endpoint import ROLE, Service, create_request, running_service
from tests.paths import ROOT


def codes(service: Service, calls: int) -> list[str]:
    found = []
    for _ in range(calls):
        try:
            service.client().list_compilation_jobs()
            found.append("accepted")
        except ClientError as error:
            found.append(error.response["Error"]["Code"])
    return found


def test_throttling_comes_at_its_rate_and_the_same_for_the_same_seed(service: Service) -> None:
    service.switch(throttle_rate=0.5, seed=7)
    first = codes(service, 40)
    assert 8 < first.count("ThrottlingException") < 32
    service.switch(seed=7)
    assert codes(service, 40) == first


def test_throttling_can_be_limited_to_operations(service: Service) -> None:
    service.switch(throttle_rate=1.0, throttle_operations=["StopCompilationJob"])
    assert codes(service, 1) == ["accepted"]
    with pytest.raises(ClientError, match="ThrottlingException"):
        service.client().stop_compilation_job(CompilationJobName="job")


def test_the_tagging_api_throttles_in_its_own_words(service: Service) -> None:
    service.switch(throttle_rate=1.0)
    with pytest.raises(ClientError, match="ThrottledException"):
        service.client("resourcegroupstaggingapi").get_resources()


def test_boto3s_own_retries_get_past_throttling(service: Service) -> None:
    service.switch(throttle_rate=0.5, seed=1)
    answer = service.client(attempts=8).list_compilation_jobs()
    assert answer["CompilationJobSummaries"] == []


def test_a_lost_response_is_lost_after_the_job_was_created(service: Service) -> None:
    service.switch(lost_responses={"CreateCompilationJob": 1})
    with pytest.raises(ConnectionClosedError):
        service.client().create_compilation_job(**create_request("job"))
    assert service.wait("job", "COMPLETED")
    with pytest.raises(ClientError, match="ResourceInUse"):
        service.client().create_compilation_job(**create_request("job"))


def test_a_client_that_retries_a_lost_response_finds_the_name_in_use(service: Service) -> None:
    service.switch(lost_responses={"CreateCompilationJob": 1})
    with pytest.raises(ClientError, match="ResourceInUse"):
        service.client(attempts=2).create_compilation_job(**create_request("job"))
    counts = service.admin("calls")["counts"]["CreateCompilationJob"]
    assert counts == {"accepted": 1, "ResourceInUse": 1}


def test_latency_delays_the_answer(service: Service) -> None:
    service.switch(latency_seconds=0.2)
    began = time.monotonic()
    service.client().list_compilation_jobs()
    assert time.monotonic() - began >= 0.2


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_new_role_can_be_assumed_only_after_the_lag(tmp_path: Path) -> None:
    clock = Clock()
    with running_service(tmp_path, clock, iam_lag_seconds=15) as service:
        for passed in (0, 14.9):
            clock.now = 1000.0 + passed
            with pytest.raises(ClientError, match="Could not assume role") as caught:
                service.client().create_compilation_job(**create_request("job"))
            assert caught.value.response["Error"]["Code"] == "ValidationException"
        clock.now = 1015.0
        assert service.client().create_compilation_job(**create_request("job"))
        other = {"RoleArn": f"{ROLE}-2"}
        with pytest.raises(ClientError, match="Could not assume role"):
            service.client().create_compilation_job(**create_request("job-2", **other))


def test_setting_the_lag_makes_every_role_new(service: Service) -> None:
    faults = service.faults
    assert faults.role_is_assumable(ROLE, now=1000.0)
    service.switch(iam_lag_seconds=15)
    assert not faults.role_is_assumable(ROLE, now=2000.0)
    assert faults.role_is_assumable(ROLE, now=2015.0)


def test_the_lag_can_also_show_in_the_job(tmp_path: Path) -> None:
    clock = Clock()
    lag: dict[str, Any] = {"iam_lag_seconds": 15, "iam_lag_shape": "job"}
    with running_service(tmp_path, clock, **lag) as service:
        service.client().create_compilation_job(**create_request("job"))
        assert "AssumeRole" in service.wait("job", "FAILED")["FailureReason"]
        clock.now += 15
        service.client().create_compilation_job(**create_request("job-2"))
        assert service.wait("job-2", "COMPLETED")


def test_held_jobs_stay_in_progress_until_they_are_let_go(service: Service) -> None:
    service.switch(hold_jobs=True)
    service.client().create_compilation_job(**create_request("job"))
    service.wait("job", "INPROGRESS")
    assert service.compiler.seen == []
    service.switch(hold_jobs=False)
    service.wait("job", "COMPLETED")


def test_a_held_job_can_be_stopped(service: Service) -> None:
    service.switch(hold_jobs=True)
    service.client().create_compilation_job(**create_request("job"))
    service.wait("job", "INPROGRESS")
    service.client().stop_compilation_job(CompilationJobName="job")
    service.wait("job", "STOPPED")


def test_switches_are_set_read_and_reset_over_http(service: Service) -> None:
    assert service.admin("faults") == _plain(Switches())
    service.admin("faults", {"throttle_rate": 0.25, "not_found": "ValidationException"})
    now = service.admin("faults")
    assert (now["throttle_rate"], now["not_found"]) == (0.25, "ValidationException")
    service.admin("faults", {"reset": True, "empty_pages": True})
    assert service.admin("faults") == {**_plain(Switches()), "empty_pages": True}


def _plain(switches: Switches) -> Any:
    return json.loads(json.dumps(dataclasses.asdict(switches)))


@pytest.mark.parametrize(
    "body",
    [
        {"throttel_rate": 1},
        {"throttle_rate": "often"},
        {"throttle_rate": -1},
        {"throttle_rate": True},
        {"not_found": "404"},
        {"hold_jobs": 1},
        {"lost_responses": 3},
        {"throttle_operations": "all"},
        {"max_concurrent_jobs": 1.5},
        {"latency_seconds": float("inf")},
        [1],
    ],
)
def test_a_bad_switch_is_refused_and_changes_nothing(service: Service, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        service.admin("faults", body)
    assert caught.value.code == 400
    assert service.admin("faults") == _plain(Switches())


@given(st.dictionaries(st.text(), st.none() | st.text() | st.floats() | st.lists(st.integers())))
def test_no_junk_gets_through_as_a_switch(junk: dict[str, Any]) -> None:
    names = {one.name for one in dataclasses.fields(Switches)}
    if set(junk) <= names and not junk:
        assert changed(Switches(), junk) == Switches()
    elif not set(junk) <= names:
        with pytest.raises(BadSwitch):
            changed(Switches(), junk)


def test_losses_are_counted_down() -> None:
    faults = Faults(changed(Switches(), {"lost_responses": {"CreateCompilationJob": 2}}))
    lost = [faults.loses_response("CreateCompilationJob") for _ in range(4)]
    assert lost == [True, True, False, False]
    faults.update({"latency_seconds": 0.0})  # arms nothing again
    assert not faults.loses_response("CreateCompilationJob")
    assert faults.switches.lost_responses == {"CreateCompilationJob": 0}
    assert not faults.loses_response("StopCompilationJob")


def test_calls_are_counted_by_how_they_ended(service: Service) -> None:
    client = service.client()
    client.create_compilation_job(**create_request("job"))
    for _ in range(2):
        with pytest.raises(ClientError):
            client.create_compilation_job(**create_request("job"))
    with pytest.raises(ClientError):
        client.describe_compilation_job(CompilationJobName="nobody")
    calls = service.admin("calls")
    assert calls["counts"] == {
        "CreateCompilationJob": {"accepted": 1, "ResourceInUse": 2},
        "DescribeCompilationJob": {"ResourceNotFound": 1},
    }
    assert [call["job"] for call in calls["log"]] == ["job", "job", "job", "nobody"]


def test_live_jobs_are_shown(service: Service) -> None:
    service.compiler.gate.clear()
    for name in ("one", "two"):
        service.client().create_compilation_job(**create_request(name))
    service.client().stop_compilation_job(CompilationJobName="two")
    service.wait("two", "STOPPED")
    assert [job["CompilationJobName"] for job in service.admin("jobs")["live"]] == ["one"]


def test_health_says_which_engine_this_is(service: Service) -> None:
    health = service.admin("health")
    assert (health["status"], health["engine"]) == ("ok", "neo_local")


def test_every_switch_is_documented() -> None:
    text = (ROOT / "neo_local" / "README.md").read_text()
    for one in dataclasses.fields(Switches):
        assert f"| `{one.name}` |" in text
