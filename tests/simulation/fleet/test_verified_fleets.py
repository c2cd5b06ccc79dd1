"""Fleets whose artifacts are verified: each once, reported by job, and nothing compiled again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.object_reader import compiled, passed_through
from tests.fakes.sagemaker import ApiError, Script, Wire
from tests.simulation.fleet.world import OWNER, FleetWorld, jobs

BAD = "team/model-0001"
READS = ("GetObject archive", "GetObject body")


def world_with(bad: str = BAD) -> FleetWorld:
    """Return a world in which one model is passed through."""
    world = FleetWorld()

    def script(request: Wire) -> Script:
        is_bad = bool(bad) and bad in request["InputConfig"]["S3Uri"]
        return Script(content=passed_through() if is_bad else b"")

    world.sagemaker.script_of = script
    return world


def failed(world: FleetWorld, **settings: str) -> str:
    with pytest.raises(ResourceFailed) as refused:
        world.create(world.properties(jobs(3), Verify="fail", **settings))
    return str(refused.value)


def test_what_was_ordered_is_read_once_and_said_to_be_verified() -> None:
    world = world_with(bad="")
    properties = world.properties(jobs(3), Verify="fail")
    answer: dict[str, object] = {}
    calls = world.counted(lambda: answer.update(world.create(properties)))
    assert calls["GetObject archive"] == 3
    assert answer["Data"]["Completed"] == "3"  # type: ignore[index]
    assert answer["Data"]["Unverified"] == "0"  # type: ignore[index]
    again = world.counted(lambda: world.update(properties, properties))
    assert not {*READS} & again.keys()


def test_a_model_that_was_passed_through_fails_the_deployment_and_names_job_and_rule() -> None:
    world = world_with()
    reason = failed(world)
    assert reason.startswith(f"1 of 3 jobs failed. {BAD}: Compilation job arn:aws:sagemaker:")
    assert "NEO902" in reason
    assert len(world.sagemaker.accepted()) == 3
    entry = world.manifest().jobs[BAD]
    assert entry.status == "UNVERIFIED"
    assert "NEO902" in entry.reason
    failed(world)
    assert len(world.sagemaker.accepted()) == 3


def test_with_on_failure_continue_the_others_go_on_and_it_is_counted() -> None:
    world = world_with()
    data = world.create(world.properties(jobs(3), Verify="fail", OnFailure="continue"))["Data"]
    assert (data["Completed"], data["Failed"], data["Unverified"]) == ("2", "1", "1")
    assert world.emitted[-1].get("FailuresByClass", 0) or any(
        line.get("Class") == "unverified" for line in world.emitted
    )
    assert {line["JobsUnverified"] for line in world.emitted if "JobsUnverified" in line} >= {1}


def test_under_warn_it_is_completed_with_the_finding_beside_it() -> None:
    world = world_with()
    data = world.create(world.properties(jobs(3), Verify="warn"))["Data"]
    assert (data["Completed"], data["Failed"], data["Unverified"]) == ("3", "0", "1")
    entry = world.manifest().jobs[BAD]
    assert entry.status == "COMPLETED"
    assert "NEO902" in entry.reason
    assert any("artifact finding" in line for line in world.logged)


def test_asking_for_it_later_reads_what_is_there_and_compiles_nothing() -> None:
    world = world_with()
    plain = world.properties(jobs(3))
    world.create(plain)
    asked = world.properties(jobs(3), Verify="fail")
    with pytest.raises(ResourceFailed, match="NEO902"):
        world.update(asked, plain)
    world.update(plain, asked, "UPDATE_ROLLBACK_IN_PROGRESS")
    assert world.manifest().counts.completed == 3
    assert len(world.sagemaker.accepted()) == 3


def test_errors_are_read_again_by_the_next_deployment_and_by_no_schedule() -> None:
    world = world_with()
    properties = world.properties(jobs(3), Verify="fail", OnFailure="continue")
    world.create(properties)
    assert not {*READS} & world.counted(world.schedule).keys()
    bad = next(job for job in world.sagemaker.jobs if BAD in job.request["InputConfig"]["S3Uri"])
    world.sagemaker.contents[bad.artifact] = compiled()  # somebody puts the right one there
    answer: dict[str, Any] = {}
    calls = world.counted(lambda: answer.update(world.update(properties, properties)))
    assert calls["GetObject archive"] == 1
    assert (answer["Data"]["Completed"], answer["Data"]["Unverified"]) == ("3", "0")
    assert len(world.sagemaker.accepted()) == 3


def test_a_rollback_to_a_verified_fleet_ends_and_compiles_nothing() -> None:
    world = world_with()
    first = world.properties(jobs(1), Verify="fail")
    world.create(first)
    second = world.properties(jobs(2), Verify="fail")
    with pytest.raises(ResourceFailed, match="NEO902"):
        world.update(second, first)
    world.update(first, second, "UPDATE_ROLLBACK_IN_PROGRESS")
    assert world.manifest().counts.completed == 1
    assert len(world.sagemaker.accepted()) == 2


def test_the_schedule_verifies_what_the_deployment_did_not_wait_for_and_tells_once() -> None:
    world = world_with()
    world.create(world.properties(jobs(3), Verify="fail", Wait="false", OnFailure="continue"))
    world.clock.advance(600)
    assert world.schedule()["failed"] == 1
    assert "NEO902" in json.dumps(world.told[-1][1])
    told = len(world.told)
    world.schedule()
    assert len(world.told) == told


@pytest.mark.parametrize("code", ["ServiceUnavailable", "ThrottlingException"])
def test_what_cannot_be_read_now_is_pending_and_read_by_a_later_pass(code: str) -> None:
    world = world_with(bad="")
    left = [7]

    def fault(operation: str, number: int) -> None:
        if operation in READS and left[0]:
            left[0] -= 1
            raise ApiError(code, "later")

    world.fault = fault
    data = world.create(world.properties(jobs(3), Verify="fail"))["Data"]
    assert (data["Completed"], data["Unverified"], left[0]) == ("3", "0", 0)


def test_a_denied_artifact_fails_its_job_when_iams_delay_is_over() -> None:
    world = world_with(bad="")

    def fault(operation: str, number: int) -> None:
        if operation == READS[0]:
            raise ApiError("AccessDeniedException", "kms:Decrypt is missing")

    world.fault = fault
    assert "kms:Decrypt is missing" in failed(world)


def test_a_function_that_cannot_verify_says_so_and_does_not_pretend() -> None:
    world = world_with(bad="")
    world.verifies = False
    assert "this function's code verifies nothing" in failed(world)


def test_artifacts_that_take_longer_than_a_pass_are_read_by_later_ones() -> None:
    world = world_with(bad="")

    def fault(operation: str, number: int) -> None:
        if operation == READS[0]:
            world.clock.advance(400)

    world.fault = fault
    data = world.create(world.properties(jobs(5), Verify="fail"))["Data"]
    assert (data["Completed"], data["Unverified"]) == ("5", "0")
    assert world.calls.count(READS[0]) == 5


def test_a_generation_without_it_is_written_as_before() -> None:
    world = world_with(bad="")
    world.create(world.properties(jobs(1)))
    desired = json.loads(world.state.objects[f"neo/{OWNER}/desired.json"].body)
    assert "verify" not in desired
