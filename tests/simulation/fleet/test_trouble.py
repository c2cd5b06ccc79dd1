"""A fleet in trouble: quotas, throttling, failures, deadlines, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from reconciler.core.objects import Stored
from reconciler.core.ports import Denied, Unavailable
from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.sagemaker import ApiError, Behaviour, Script
from tests.simulation.fleet.world import OWNER, ROLE, FleetWorld, Json, job, jobs

BROKEN = Script(outcome="FAILED", reason="ClientError: InputConfiguration: no such input")
LONG = Script(running=200_000)


def of_model(scripts: dict[str, Script]) -> object:
    def script(request: Json) -> Script:
        return scripts.get(request["InputConfig"]["S3Uri"].split("/")[3], Script())

    return script


def every(count: int, code: str, operations: tuple[str, ...] = ()) -> object:
    """Every so manyeth call fails."""

    def fault(operation: str, number: int) -> None:
        if number % count == 0 and operation.endswith(operations or ("Job", "Tags")):
            raise ApiError(code, "Rate exceeded")

    return fault


@pytest.mark.parametrize("count", [150, pytest.param(1000, marks=pytest.mark.long)])
def test_many_jobs_converge_under_a_quota_and_throttling_without_a_second_create(
    count: int,
) -> None:
    world = FleetWorld(Behaviour(quota=count // 7))
    world.fault = every(5, "ThrottlingException")  # type: ignore[assignment]
    world.sagemaker.script_of = lambda request: Script(running=120)
    world.create(world.properties(jobs(count)))
    accepted = world.sagemaker.accepted()
    assert len(accepted) == len(set(accepted)) == count
    assert world.manifest().counts.completed == count


@pytest.mark.parametrize("seconds", [30.0, 60.0])
def test_artifacts_that_are_seen_a_while_after_their_jobs_completed_are_waited_for(
    seconds: float,
) -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: Script(running=60, artifact_after=seconds)
    world.create(world.properties(jobs(3)))
    assert len(world.sagemaker.accepted()) == 3
    assert world.manifest().counts.completed == 3


def test_the_first_failure_fails_the_deployment_with_the_services_words() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = of_model({"bad": BROKEN})  # type: ignore[assignment]
    with pytest.raises(ResourceFailed, match=r"1 of 3 jobs failed\. bad: .*no such input"):
        world.create(world.properties([job("a"), job("bad"), job("c")]))


def test_failures_are_counted_where_the_fleet_goes_on() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = of_model({"bad": BROKEN})  # type: ignore[assignment]
    answer = world.create(world.properties([job("a"), job("bad"), job("c")], OnFailure="continue"))
    assert (answer["Data"]["Completed"], answer["Data"]["Failed"]) == ("2", "1")
    assert "no such input" in world.manifest().jobs["bad"].reason


def test_a_failure_of_the_services_own_is_tried_again_as_often_as_declared() -> None:
    world = FleetWorld()
    scripts = [Script(outcome="FAILED", reason="InternalServerError: try again"), Script()]
    world.sagemaker.script_of = lambda request: scripts.pop(0)
    world.create(world.properties(jobs(1)))
    assert [name[-3:] == "-r1" for name in world.sagemaker.accepted()] == [False, True]


def test_a_later_deployment_tries_again_what_failed_before() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: BROKEN
    first = world.properties(jobs(1), OnFailure="continue")
    world.create(first)
    world.sagemaker.script_of = lambda request: Script()
    world.update({**first, "OnFailure": "fail"}, first)
    assert world.manifest().counts.completed == 1


def test_at_the_deadline_it_is_a_success_that_all_jobs_are_accepted() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    answer = world.create(world.properties(jobs(10)))
    assert world.clock.time - 1_700_000_000 >= 3300
    assert (answer["Data"]["Completed"], answer["Data"]["Pending"]) == ("0", "10")
    assert len(world.sagemaker.live()) == 10


def test_at_the_deadline_jobs_that_were_not_accepted_fail_the_deployment_and_say_why() -> None:
    world = FleetWorld(Behaviour(quota=4))
    world.sagemaker.script_of = lambda request: LONG
    with pytest.raises(ResourceFailed, match=r"6 of 10 jobs were not accepted.*service limit"):
        world.create(world.properties(jobs(10)))


def test_with_a_schedule_the_rest_goes_on_after_the_deadline() -> None:
    world = FleetWorld(Behaviour(quota=4))
    world.sagemaker.script_of = lambda request: LONG
    answer = world.create(world.properties(jobs(10), Continues="true"))
    assert answer["Data"]["Pending"] == "10"


def test_a_new_role_is_waited_for_without_asking_for_each_job() -> None:
    world = FleetWorld()
    world.sagemaker.role_usable_at = {ROLE: world.clock.time + 45}
    calls = world.counted(lambda: world.create(world.properties(jobs(50))))
    assert calls["CreateCompilationJob"] < 60
    assert world.manifest().counts.completed == 50


def test_a_role_that_never_works_is_told_in_the_services_words() -> None:
    world = FleetWorld()
    world.sagemaker.role_usable_at = {ROLE: world.clock.time + 1e9}
    with pytest.raises(ResourceFailed, match="Could not assume role"):
        world.create(world.properties(jobs(50)))
    assert world.clock.time - 1_700_000_000 < 300


def test_what_a_rule_refuses_is_told_before_anything_is_started() -> None:
    world = FleetWorld()
    wrong = job("wrong")
    wrong["request"]["OutputConfig"]["TargetDevice"] = "toaster"
    with pytest.raises(ResourceFailed, match=r"wrong.*toaster"):
        world.create(world.properties([*jobs(5), wrong]))
    assert world.sagemaker.accepted() == []


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        ([job("a"), job("a")], "declared more than once: a"),
        ([{"logicalName": "a", "request": {"RoleArn": 3}}], "job 'a': RoleArn"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(documents: list[Json], words: str) -> None:
    world = FleetWorld()
    with pytest.raises(ResourceFailed, match=words):
        world.create(world.properties(documents))
    assert world.state.objects == {}


def test_a_variable_without_a_value_and_a_changed_asset_are_refused() -> None:
    world = FleetWorld()
    with pytest.raises(ResourceFailed, match="the variable 'role' of the fleet has no value"):
        world.create(world.properties(jobs(1), Variables={}))
    properties = world.properties(jobs(1))
    properties["Document"] |= {"Digest": "0" * 64}
    with pytest.raises(ResourceFailed, match="is not what was declared"):
        world.create(properties)


def test_a_document_that_was_deleted_is_named() -> None:
    world = FleetWorld()
    properties = world.properties(jobs(1))
    world.assets.objects.clear()
    with pytest.raises(
        ResourceFailed, match=r"s3://assets/\w+.json.* was deleted, or .*ListBucket"
    ):
        world.create(properties)
    assert world.state.objects == {}


def test_a_missing_permission_is_final_and_named() -> None:
    world = FleetWorld()

    def fault(operation: str, number: int) -> None:
        if operation == "CreateCompilationJob":
            raise ApiError("AccessDeniedException", "not authorized: sagemaker:AddTags")

    world.fault = fault
    with pytest.raises(ResourceFailed, match="sagemaker:AddTags"):
        world.create(world.properties(jobs(3)))


def test_a_list_that_lags_behind_makes_no_second_create() -> None:
    world = FleetWorld()
    world.sagemaker.list_lag = lambda: 60.0
    world.create(world.properties(jobs(20)))
    tried = [call for call in world.sagemaker.calls if call.operation == "Create"]
    assert len(tried) == 20


def test_a_name_that_a_deleted_record_holds_is_passed_over_in_time() -> None:
    world = FleetWorld(Behaviour(names_reusable=False))
    first = world.properties(jobs(2))
    world.create(first)
    for each in world.sagemaker.jobs:
        each.deleted = world.clock.time
    world.update(first, first)
    assert [name[-3:] for name in world.sagemaker.accepted()[2:]] == ["-r1", "-r1"]


def test_an_answer_that_was_lost_is_found_again() -> None:
    world = FleetWorld()
    lost = {"CreateCompilationJob": 3, "PutObject": 2}

    def after(operation: str, number: int) -> None:
        if lost.get(operation, 0) > 0 and number % 2:
            lost[operation] -= 1
            if operation == "PutObject":
                raise Unavailable("ConnectionClosed", "lost")
            raise ApiError("RequestTimeout", "lost")

    world.after = after
    world.create(world.properties(jobs(10)))
    accepted = world.sagemaker.accepted()
    assert len(accepted) == len(set(accepted)) == 10


@pytest.mark.parametrize(
    "denied", ["DescribeStacks", "ListCompilationJobs", "GetObject", "PutObject", "HeadObject"]
)
def test_the_first_deployment_waits_for_the_handlers_own_policies(denied: str) -> None:
    world = FleetWorld()
    began = world.clock.time

    def fault(operation: str, number: int) -> None:
        if operation == denied and world.clock.time < began + 60:
            error = Denied if operation.endswith("Object") else ApiError
            raise error("AccessDeniedException", f"not authorized: {operation}")

    world.fault = fault
    properties = world.properties(jobs(3))
    world.create(properties)
    assert world.manifest().counts.completed == 3
    began = world.clock.time + 60
    world.delete(properties)
    assert world.sagemaker.live() == []


@pytest.mark.parametrize("jobs_entry", [[1], {"a": 1}, None, "x"])
def test_a_manifest_that_cannot_be_read_is_made_anew(jobs_entry: object) -> None:
    world = FleetWorld()
    properties = world.properties(jobs(2))
    world.create(properties)
    key = f"neo/{OWNER}/manifest.json"
    value = json.loads(world.state.objects[key].body)
    body = json.dumps({**value, "jobs": jobs_entry}).encode()
    world.state.objects[key] = Stored(body, "other")
    assert world.schedule()["completed"] == 2
    assert len(world.sagemaker.accepted()) == 2
    assert world.manifest().counts.completed == 2


def test_a_job_that_must_end_and_cannot_be_stopped_fails_the_deployment_and_says_so() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    first = world.properties(jobs(3), Wait="false")
    world.create(first)
    world.fault = denying("StopCompilationJob")
    second = world.properties(jobs(1), Wait="false")
    words = "could not be ended: .*not authorized: StopCompilationJob. Grant"
    with pytest.raises(ResourceFailed, match=words):
        world.update(second, first)
    with pytest.raises(ResourceFailed, match=r"not authorized.*may still run"):
        world.delete(second)


def denying(denied: str) -> Callable[[str, int], None]:
    """A permission that is missing for good."""

    def fault(operation: str, number: int) -> None:
        if operation == denied:
            raise ApiError("AccessDeniedException", f"not authorized: {operation}")

    return fault
