"""The schedule: drift, what a deployment left to it, uploads; never against a deployment."""

from __future__ import annotations

import json

import pytest

from reconciler.core.fleet.document import DocumentError
from reconciler.core.objects import Stored
from reconciler.core.ports import Denied
from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.sagemaker import Behaviour, Script
from tests.simulation.fleet.test_life import MUTATIONS
from tests.simulation.fleet.world import OWNER, Crash, FleetWorld, Json, jobs

LONG = Script(running=200_000)
BROKEN = Script(outcome="FAILED", reason="ClientError: InputConfiguration: no such input")


def test_a_run_over_a_fleet_at_rest_lists_it_once_and_tells_nobody() -> None:
    world = FleetWorld()
    world.create(world.properties(jobs(120)))
    calls = world.counted(lambda: world.schedule())
    assert calls["ListCompilationJobs"] == 2
    assert not {*MUTATIONS, "DescribeCompilationJob", "ListTags", "HeadObject"} & calls.keys()
    assert world.told == []
    assert world.emitted[-1]["DriftFound"] == 0


def test_a_job_that_somebody_deleted_is_made_again_and_told_as_drift() -> None:
    world = FleetWorld(Behaviour(names_reusable=True))
    world.create(world.properties(jobs(3)))
    world.sagemaker.jobs[1].deleted = world.clock.time
    told = world.schedule()
    assert told["completed"] == 3
    assert told["changes"] == {"create": 1}
    assert len(world.sagemaker.accepted()) == 4
    assert [line["DriftFound"] for line in world.emitted if line.get("DriftFound")] == [1]
    [(subject, detail), *_] = world.told
    assert subject == f"Neo fleet {OWNER}: changes"
    assert detail["changes"] == {"create": 1}


def test_a_job_that_nobody_declared_is_stopped() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    properties = world.properties(jobs(1), Wait="false")
    world.create(properties)
    [ours] = world.sagemaker.jobs
    name = f"{OWNER}-rogue-aaaaaaaaaaaa"
    tags = {**ours.tags, "neo:id": "aaaaaaaaaaaa", "neo:logical-name": "rogue"}
    request = {**ours.request, "CompilationJobName": name}
    request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    world.sagemaker.add_job(request)
    world.schedule(minutes=0)
    assert world.sagemaker.accepted("Stop") == [name]


def test_what_a_deployment_left_is_gone_on_with_until_all_is_done() -> None:
    world = FleetWorld(Behaviour(quota=4))
    world.sagemaker.script_of = lambda request: Script(running=2400)
    world.create(world.properties(jobs(12), Continues="true"))
    assert world.manifest().counts.completed < 12
    for _ in range(12):
        world.clock.advance(900)
        world.schedule()
    assert world.manifest().counts.completed == 12
    assert len(world.sagemaker.accepted()) == 12


def test_failures_are_not_tried_again_and_again_and_told_once() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG if "0000" in str(request) else BROKEN
    world.create(world.properties(jobs(3), Wait="false", OnFailure="continue"))
    for _ in range(5):
        world.clock.advance(900)
        world.schedule(minutes=0)
    assert len(world.sagemaker.accepted()) == 3
    failures = [detail["failures"] for _, detail in world.told if detail["failures"]]
    assert [sorted(each) for each in failures] == [["team/model-0001", "team/model-0002"]]


@pytest.mark.parametrize(
    "status",
    [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_FAILED",
        "ROLLBACK_COMPLETE",
        "DELETE_COMPLETE",
    ],
)
def test_it_skips_while_the_stack_is_in_progress_or_gone(status: str) -> None:
    world = FleetWorld()
    world.create(world.properties(jobs(1)))
    world.status = status
    calls = world.counted(lambda: world.schedule())
    assert calls == {"DescribeStacks": 1}


def test_it_skips_where_nothing_was_deployed() -> None:
    world = FleetWorld()
    world.status = "CREATE_COMPLETE"
    assert world.schedule()["skipped"] == "no deployment has written a generation"


def interrupted(at: int) -> FleetWorld | None:
    """A deployment begins at one call of a schedule that is at work; None if it is over by then."""
    world = FleetWorld(Behaviour(quota=3))
    world.sagemaker.script_of = lambda request: LONG
    first = world.properties(jobs(6), Continues="true", DeadlineSeconds="60")
    world.create(first)
    world.sagemaker.behaviour = Behaviour()
    second = world.properties(jobs(6, "other"), Continues="true", Wait="false")
    begun: list[Json] = []
    number_then = len(world.calls) + at

    def deploys(operation: str, number: int) -> None:
        if number == number_then:
            world.start("UPDATE_IN_PROGRESS")
            begun.append(world.begin(world.event("Update", second, first)))
            world.poll(begun[0])

    world.fault = deploys
    world.schedule(minutes=0)
    if not begun:
        return None
    world.to_end(begun[0])
    return world


def test_a_schedule_and_a_deployment_never_fight() -> None:
    moments = 0
    while (world := interrupted(moments)) is not None:
        models = [job.request["InputConfig"]["S3Uri"] for job in world.sagemaker.live()]
        assert {model.rpartition("/")[2] for model in models} == {"other.tar.gz"}, moments
        assert len(models) == 6
        moments += 1
    assert moments > 10


def test_a_schedule_that_dies_holds_a_deployment_up_for_the_lease_alone() -> None:
    world = FleetWorld()
    first = world.properties(jobs(2))
    world.create(first)
    world.sagemaker.jobs[0].deleted = world.clock.time

    def dies(operation: str, number: int) -> None:
        if operation == "CreateCompilationJob":
            raise Crash(operation)

    world.fault = dies
    with pytest.raises(Crash):
        world.schedule()
    world.fault = lambda operation, number: None
    began = world.clock.time
    world.update(world.properties(jobs(3)), first)
    assert world.clock.time - began < 600
    assert world.manifest().counts.completed == 3


def test_tags_that_somebody_changed_are_set_right_where_drift_is_read() -> None:
    world = FleetWorld()
    world.create(world.properties(jobs(3), Tags=[{"Key": "team", "Value": "a"}]))
    world.sagemaker.jobs[0].tags["team"] = "z"
    world.schedule()
    assert world.sagemaker.jobs[0].tags["team"] == "z"
    world.schedule(refresh=True)
    assert world.sagemaker.jobs[0].tags["team"] == "a"


def test_an_artifact_that_is_gone_is_compiled_again_where_drift_is_read() -> None:
    world = FleetWorld()
    world.create(world.properties(jobs(3)))
    world.sagemaker.jobs[0].artifact_removed = True
    world.clock.advance(100)
    world.schedule(refresh=True)
    assert world.sagemaker.accepted()[3].endswith("-r1")
    assert world.manifest().counts.completed == 3


def upload(world: FleetWorld, names: list[str]) -> None:
    """What neoctl build writes, one value left open."""
    built: list[Json] = []
    for name in names:
        [job] = jobs(1)
        request = {key: value for key, value in job["request"].items() if key != "RoleArn"}
        text = json.dumps({"schema": 1, "logicalName": name, "request": request, "revision": None})
        built.append(
            {"owner": "own", "logicalName": name, "identity": None, "Declaration": text,
             "LateBound": {"/RoleArn": "${var.role}"}, "Tags": []}
        )  # fmt: skip
    body = json.dumps({"schema": 1, "jobs": built}).encode()
    world.assets.objects["specs.json"] = Stored(body, "1")


def test_uploaded_specs_become_the_generation_and_survive_a_deployment() -> None:
    world = FleetWorld()
    place = {"Bucket": "assets", "Key": "specs.json"}
    first = world.properties([], Upload=place)
    world.create(first)
    upload(world, ["a", "b"])
    world.schedule(upload=True)
    assert set(world.manifest().jobs) == {"a", "b"}
    assert world.manifest().counts.completed == 2
    world.update({**first, "Tags": [{"Key": "x", "Value": "y"}]}, first)
    assert set(world.manifest().jobs) == {"a", "b"}
    assert len(world.sagemaker.accepted()) == 2
    upload(world, ["b"])
    world.schedule(upload=True)
    assert set(world.manifest().jobs) == {"b"}
    calls = world.counted(lambda: world.schedule(upload=True))
    assert not MUTATIONS & calls.keys()


def test_an_upload_that_cannot_be_read_changes_nothing() -> None:
    world = FleetWorld()
    world.create(world.properties(jobs(1), Upload={"Bucket": "assets", "Key": "specs.json"}))
    world.assets.objects["specs.json"] = Stored(b'{"schema": 1, "jobs": [{}]}', "1")
    with pytest.raises(DocumentError, match=r"jobs\[0\]"):
        world.schedule(upload=True)
    assert world.manifest().counts.completed == 1
    assert len(world.sagemaker.live()) == 0


@pytest.mark.parametrize("replaced", ["state", "assets"])
def test_a_bucket_that_another_account_took_over_decides_nothing(replaced: str) -> None:
    world = FleetWorld()
    first = world.properties(jobs(1), Upload={"Bucket": "assets", "Key": "specs.json"})
    world.create(first)
    upload(world, ["planted"])
    {"state": world.state, "assets": world.assets}[replaced].owner = "999999999999"
    with pytest.raises(Denied):
        world.schedule(upload=True)
    if replaced == "assets":
        with pytest.raises(ResourceFailed, match="Access Denied"):
            world.update({**first, "Tags": [{"Key": "x", "Value": "y"}]}, first)
    assert len(world.sagemaker.accepted()) == 1
    assert not MUTATIONS & set(world.calls[-3:])


def test_a_state_bucket_of_another_account_is_used_where_it_is_declared() -> None:
    world = FleetWorld()
    world.state.owner = "999999999999"
    state = {"Bucket": "state", "Prefix": "neo/", "BucketOwner": world.state.owner}
    world.create(world.properties(jobs(1), State=state))
    assert len(world.sagemaker.accepted()) == 1
