"""The custom resource when nothing goes wrong."""

from __future__ import annotations

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, body, requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.ours import our_handler

ATTRIBUTES = {
    "CompilationJobName",
    "CompilationJobArn",
    "CompilationJobStatus",
    "S3ModelArtifacts",
    "ArtifactDigest",
    "InferenceImage",
}


def test_a_quiet_life_compiles_once_per_declaration_and_leaves_nothing_live(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler)
    stack = world.create(neo("Model"), neo("Other", "second"))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    assert set(body(requests(world)[0])["Data"]) == ATTRIBUTES
    world.update(stack, neo("Model", "third"), neo("Other", "second"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    assert len(world.sagemaker.accepted()) == 3
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE"
    assert_all_is_well(world)


@pytest.mark.parametrize(("removal", "left"), [("destroy", 0), ("retain", 1)])
def test_the_removal_policy_decides_about_finished_records(
    make_world: MakeWorld, removal: str, left: int
) -> None:
    world = make_world(our_handler)
    stack = world.create(neo("Model", removal=removal))
    world.settle()
    world.delete(stack)
    world.settle()
    assert sum(job.deleted is None for job in world.sagemaker.jobs) == left


@pytest.mark.parametrize(("removal", "compilations"), [("destroy", 3), ("retain", 2)])
def test_a_revert_finds_the_record_that_the_removal_policy_kept(
    make_world: MakeWorld, removal: str, compilations: int
) -> None:
    world = make_world(our_handler)
    stack = world.create(neo("Model", "before", removal=removal))
    for model in ("after", "before"):
        world.settle()
        world.update(stack, neo("Model", model, removal=removal))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    assert len(world.sagemaker.accepted()) == compilations
    assert_all_is_well(world)


@pytest.mark.parametrize(("removal", "left"), [("destroy", 0), ("retain", 1)])
def test_the_record_of_a_failed_first_create_goes_with_the_stack(
    make_world: MakeWorld, removal: str, left: int
) -> None:
    failed = Script(running=20, outcome="FAILED", reason="ClientError: an operator is unknown")
    world = make_world(our_handler, scripts={"model": failed})
    stack = world.create(neo("Model", removal=removal))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert sum(job.deleted is None for job in world.sagemaker.jobs) == left
    assert len(world.sagemaker.jobs) == 1


def test_changing_settings_and_tags_creates_stops_and_deletes_nothing(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler)
    stack = world.create(neo("Model", tags={"team": "a", "old": "1"}))
    world.settle()
    physical_id = stack.records["Model"].physical_id
    world.update(stack, neo("Model", tags={"team": "b"}, max_runtime=900))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    assert stack.records["Model"].physical_id == physical_id
    assert len(world.sagemaker.accepted()) == 1
    assert world.sagemaker.accepted("Stop") == world.sagemaker.accepted("Delete") == []
    tags = world.sagemaker.jobs[0].tags
    assert tags["team"] == "b"
    assert "old" not in tags


def test_a_resource_that_does_not_wait_is_complete_once_its_job_is_accepted(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler, scripts={"model": FOR_EVER})
    stack = world.create(neo("Model", wait=False))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    assert len(world.sagemaker.live()) == 1
    world.delete(stack)
    world.settle()
    assert world.sagemaker.live() == []
    assert_all_is_well(world)
