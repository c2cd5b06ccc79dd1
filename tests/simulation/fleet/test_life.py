"""A fleet's life: created, updated, rolled back and deleted, with the calls counted."""

from __future__ import annotations

import json
import math

import pytest

from reconciler.core.objects import Stored
from reconciler.core.ports import StackResourceView
from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.sagemaker import Behaviour, Script
from tests.simulation.fleet.world import OWNER, FleetWorld, job, jobs

MUTATIONS = {
    "CreateCompilationJob", "StopCompilationJob", "DeleteCompilationJob", "AddTags", "DeleteTags",
}  # fmt: skip
LONG = Script(running=200_000)


def names(world: FleetWorld) -> set[str]:
    return set(world.sagemaker.accepted())


@pytest.mark.parametrize("count", [1, 100, 250])
def test_an_update_that_changes_nothing_lists_each_page_once_and_describes_nothing(
    count: int,
) -> None:
    world = FleetWorld()
    properties = world.properties(jobs(count))
    world.create(properties)
    before = world.manifest()
    calls = world.counted(lambda: world.update(properties, properties))
    assert calls["ListCompilationJobs"] == math.ceil(count / 100)
    assert "DescribeCompilationJob" not in calls
    assert "ListTags" not in calls
    assert not MUTATIONS & calls.keys()
    assert world.manifest().jobs == before.jobs


def test_success_says_how_many_are_how_far_and_where_the_manifest_is() -> None:
    world = FleetWorld()
    data = world.create(world.properties(jobs(3)))["Data"]
    assert data | {"PlanDigest": ""} == {
        "Total": "3", "Completed": "3", "Failed": "0", "Pending": "0", "Generation": "1",
        "ManifestUri": f"s3://state/neo/{OWNER}/manifest.json", "PlanDigest": "",
    }  # fmt: skip
    entry = world.manifest().jobs["team/model-0001"]
    assert entry.status == "COMPLETED"
    assert entry.artifact == f"s3://compiled/out/{entry.name}/m-ml_c5.tar.gz"
    assert entry.digest


def test_the_id_is_the_owner_and_never_changes() -> None:
    world = FleetWorld()
    first = world.properties(jobs(1))
    assert world.create(first)["PhysicalResourceId"] == OWNER
    assert world.update(world.properties(jobs(2)), first)["PhysicalResourceId"] == OWNER


def test_a_changed_job_is_compiled_and_the_others_are_left_alone() -> None:
    world = FleetWorld()
    first = world.properties(jobs(5))
    world.create(first)
    before = names(world)
    world.update(world.properties([*jobs(4), job("team/model-0004", "other")]), first)
    assert len(names(world) - before) == 1
    assert world.sagemaker.accepted("Stop") == world.sagemaker.accepted("Delete") == []


def test_live_jobs_that_nothing_declares_any_more_are_stopped_and_waited_for() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    first = world.properties(jobs(3), Wait="false")
    world.create(first)
    world.update(world.properties(jobs(1), Wait="false"), first)
    assert len(world.sagemaker.live()) == 1
    assert len(world.sagemaker.accepted("Stop")) == 2


def test_a_newer_generation_of_a_job_waits_until_the_older_one_has_ended() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    first = world.properties(jobs(1), Wait="false")
    world.create(first)
    world.update(world.properties(jobs(1, "other"), Wait="false"), first)
    old, new = world.sagemaker.jobs
    assert new.created >= old.timeline[-1][0]


def test_a_rollback_compiles_nothing_again_and_stops_what_the_update_began() -> None:
    world = FleetWorld()
    first = world.properties(jobs(20))
    world.create(first)
    world.sagemaker.script_of = lambda request: LONG
    second = world.properties(jobs(20, "other"))
    world.start("UPDATE_IN_PROGRESS")
    begun = world.begin(world.event("Update", second, first))
    world.poll(begun)
    assert len(world.sagemaker.live()) == 20
    calls = world.counted(lambda: world.update(first, second, status="UPDATE_ROLLBACK_IN_PROGRESS"))
    assert "CreateCompilationJob" not in calls
    assert world.sagemaker.live() == []
    with pytest.raises(ResourceFailed, match=r"another operation|later operation"):
        world.poll(begun)
    assert world.manifest().counts.completed == 20


def test_a_rollback_needs_no_asset() -> None:
    world = FleetWorld()
    first, second = world.properties(jobs(2)), world.properties(jobs(3))
    world.create(first)
    world.update(second, first)
    world.assets.objects.clear()
    world.update(first, second, status="UPDATE_ROLLBACK_IN_PROGRESS")
    assert world.manifest().counts.total == 2


def test_a_rollback_succeeds_whatever_fails() -> None:
    world = FleetWorld(Behaviour(quota=1))
    world.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason="ClientError: no")
    first = world.properties(jobs(2), OnFailure="continue")
    world.create(first)
    second = first | {"OnFailure": "fail"}
    with pytest.raises(ResourceFailed):
        world.update(second, first)
    answer = world.update(second, first, status="UPDATE_ROLLBACK_IN_PROGRESS")
    assert answer["PhysicalResourceId"] == OWNER


@pytest.mark.parametrize("policy", ["destroy", "retain"])
def test_deletion_leaves_nothing_live_and_records_as_the_policy_says(policy: str) -> None:
    world = FleetWorld()
    properties = world.properties(jobs(3), RemovalPolicy=policy)
    world.create(properties)
    world.sagemaker.script_of = lambda request: LONG
    second = world.properties([*jobs(3), job("late")], RemovalPolicy=policy, Wait="false")
    world.update(second, properties)
    assert len(world.sagemaker.live()) == 1
    world.assets.objects.clear()
    assert world.delete(second) == {"IsComplete": True}
    assert world.sagemaker.live() == []
    kept = [each for each in world.sagemaker.jobs if each.deleted is None]
    assert len(kept) == (0 if policy == "destroy" else 4)
    left = {key.rpartition("/")[2] for key in world.state.objects}
    assert left == (set() if policy == "destroy" else {"manifest.json"})


@pytest.mark.parametrize("left", [None, b"{", b'{"schema": 99}'])
def test_a_delete_whose_state_is_gone_still_stops_everything_of_ours(left: bytes | None) -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    properties = world.properties(jobs(3), Wait="false")
    world.create(properties)
    world.state.objects.clear()
    if left is not None:
        world.state.objects[f"neo/{OWNER}/desired.json"] = Stored(left, "broken")
    world.delete(properties)
    assert world.sagemaker.live() == []
    assert world.state.objects == {}


def test_the_state_of_an_earlier_version_is_read() -> None:
    world = FleetWorld()
    properties = world.properties(jobs(2))
    world.create(properties)
    key = f"neo/{OWNER}/desired.json"
    whole = json.loads(world.state.objects[key].body)
    kept = ("schema", "generation", "operation", "began", "document")
    bare = json.dumps({name: whole[name] for name in kept}).encode()
    world.state.objects[key] = Stored(bare, "v0")
    world.update(properties, properties)
    assert len(world.sagemaker.accepted()) == 2


def test_a_delete_that_arrives_while_the_fleet_is_made_again_is_ignored() -> None:
    world = FleetWorld()
    properties = world.properties(jobs(2))
    world.create(properties)
    world.start("UPDATE_IN_PROGRESS")
    world.resources = {"Fleet": StackResourceView(OWNER, "UPDATE_IN_PROGRESS")}
    assert world.to_end(world.begin(world.event("Delete", properties))) == {"IsComplete": True}
    assert world.state.objects
    assert world.sagemaker.accepted("Delete") == []


def test_jobs_that_are_not_ours_are_never_touched_however_alike_their_names() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    request = {"OutputConfig": {"S3OutputLocation": "s3://x", "TargetDevice": "ml_c5"}}
    foreign = f"{OWNER}-team-model-0000-aaaaaaaaaaaa"
    world.sagemaker.add_job({**request, "CompilationJobName": foreign}, foreign=True)
    properties = world.properties(jobs(1), Wait="false")
    world.create(properties)
    [ours] = world.sagemaker.accepted()
    world.start("DELETE_IN_PROGRESS")
    begun = world.begin(world.event("Delete", properties))
    for _ in range(30):
        world.poll(begun)
        world.clock.advance(20)
    assert world.sagemaker.accepted("Stop") == [ours]
    assert [each.name for each in world.sagemaker.live()] == [foreign]


def test_tags_of_the_fleet_are_changed_in_place() -> None:
    world = FleetWorld()
    first = world.properties(
        jobs(2), Tags=[{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "1"}]
    )
    world.create(first)
    second = {**first, "Tags": [{"Key": "team", "Value": "b"}]}
    world.update(second, first)
    assert len(names(world)) == 2
    for each in world.sagemaker.jobs:
        assert each.tags["team"] == "b"
        assert "old" not in each.tags
    calls = world.counted(lambda: world.update(second, second))
    assert not MUTATIONS & calls.keys()
    assert "ListTags" not in calls


def test_pruning_deletes_what_no_generation_needs_but_not_what_a_rollback_wants() -> None:
    world = FleetWorld()
    versions = [world.properties(jobs(2, model), Prune="true") for model in ("a", "b", "c")]
    world.create(versions[0])
    world.update(versions[1], versions[0])
    assert world.sagemaker.accepted("Delete") == []
    world.update(versions[2], versions[1])
    assert len(world.sagemaker.accepted("Delete")) == 2
    calls = world.counted(
        lambda: world.update(versions[1], versions[2], status="UPDATE_ROLLBACK_IN_PROGRESS")
    )
    assert "CreateCompilationJob" not in calls


def test_empty_pages_hide_nothing() -> None:
    world = FleetWorld(Behaviour(empty_pages=True, page_size=7))
    properties = world.properties(jobs(30))
    world.create(properties)
    assert len(world.sagemaker.accepted()) == 30
    assert world.manifest().counts.completed == 30


def test_every_answer_fits_cloudformations_4096_bytes() -> None:
    world = FleetWorld()
    answer = world.create(world.properties(jobs(300)))
    assert len(json.dumps(answer).encode()) < 1024
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: Script(
        outcome="FAILED", reason="ClientError: " + "no such thing; " * 60
    )
    with pytest.raises(ResourceFailed) as refused:
        world.create(world.properties(jobs(300)))
    assert len(str(refused.value).encode()) <= 2500
    assert "of 300 jobs failed" in str(refused.value)
