"""A sibling fails, or the user turns round, at every instant of ours."""

from __future__ import annotations

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import Switches
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.stack import sibling
from tests.simulation.siblings import INSTANTS


@pytest.mark.parametrize("slow", [False, True], ids=["job of 60 s", "job for ever"])
def test_a_sibling_that_fails_at_any_instant_leaves_no_job_live(
    make_world: MakeWorld, slow: bool
) -> None:
    script = FOR_EVER if slow else Script(running=60)
    met = set()
    for seed, instant in enumerate(INSTANTS):
        world = make_world(our_handler, seed, scripts={"model": script})
        stack = world.create(neo("Model"), sibling("Other", instant, fails=True))
        world.settle()
        assert stack.phase == "ROLLBACK_COMPLETE", instant
        assert world.sagemaker.live() == [], instant
        assert_all_is_well(world)
        last = requests(world)[-1]
        met.add((len(world.sagemaker.accepted()), last.invented))
        world.close()
    assert {(0, True), (1, True)} <= met, "both before the job and while it ran"


def test_a_zombie_waiter_polls_for_an_hour_and_creates_nothing(make_world: MakeWorld) -> None:
    for instant in (1.0, 2.0, 3.0, 25.0, 100.0):
        world = make_world(our_handler, scripts={"model": FOR_EVER})
        stack = world.create(neo("Model"), sibling("Other", instant, fails=True))
        world.settle()
        before = len(world.sagemaker.accepted())
        event = world.provider.waiters[0].event
        polls = len(world.log)
        for _ in range(360):
            world.simulation.spawn("zombie", lambda w=world, e=event: w.poll(e))  # type: ignore[misc]
            world.run_for(10)
        assert len(world.log) == polls + 360
        assert len(world.sagemaker.accepted()) == before
        assert world.sagemaker.live() == []
        assert stack.phase == "ROLLBACK_COMPLETE"


def test_a_stack_deleted_while_it_is_being_created_leaves_nothing_live(
    make_world: MakeWorld,
) -> None:
    for second in range(0, 60, 2):
        world = make_world(our_handler, second, scripts={"model": FOR_EVER})
        stack = world.create(neo("Model"))
        world.run_for(second + 0.5)
        world.delete(stack)
        world.settle()
        assert stack.phase == "DELETE_COMPLETE"
        assert world.sagemaker.live() == []
        assert_all_is_well(world)
        world.close()


@pytest.mark.parametrize("moves", [True, False], ids=["LastUpdatedTime moves", "stands"])
def test_rolling_back_a_finished_update_compiles_nothing(
    make_world: MakeWorld, moves: bool
) -> None:
    switches = Switches(last_updated_moves_at_rollback=moves)
    world = make_world(our_handler, switches=switches)
    stack = world.create(neo("Model"))
    world.settle()
    old = stack.records["Model"].physical_id
    for round_number in range(3):
        model = f"next{round_number}"
        world.update(stack, neo("Model", model), sibling("Other", 200, fails=True))
        world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.records["Model"].physical_id == old
    assert len(world.sagemaker.accepted()) == 4, "one each, none for a rollback"
    assert world.chance.visited["id replaced: SUCCESS"] == 6, "there and back, three times"
    assert_all_is_well(world)


def test_an_update_rolled_back_at_any_instant_keeps_the_old_job(make_world: MakeWorld) -> None:
    scripts = {"model": Script(), "next": FOR_EVER}
    for second in range(0, 90, 2):
        world = make_world(our_handler, second, scripts=scripts)
        stack = world.create(neo("Model"))
        world.settle()
        old = stack.records["Model"].physical_id
        world.update(stack, neo("Model", "next"), sibling("Other", second, fails=True))
        world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.records["Model"].physical_id == old
        assert len(world.sagemaker.accepted()) <= 2
        assert world.sagemaker.live() == []
        assert_all_is_well(world)
        world.close()


def test_a_failed_update_keeps_the_old_id_and_tells_neos_reason(make_world: MakeWorld) -> None:
    reason = "ClientError: InputConfiguration: No h5 file provided in /tmp"
    scripts = {"bad": Script(running=30, outcome="FAILED", reason=reason)}
    world = make_world(our_handler, scripts=scripts)
    stack = world.create(neo("Model"))
    world.settle()
    old = stack.records["Model"].physical_id
    world.update(stack, neo("Model", "bad"))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.records["Model"].physical_id == old
    assert reason in stack.reasons[0]
    assert len(world.sagemaker.accepted()) == 2
    assert_all_is_well(world)


def test_a_rollback_that_skips_the_resource_can_be_updated_and_deleted(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler)
    stack = world.create(neo("Model"))
    world.settle()
    world.update(stack, neo("Model", "next"), sibling("Other", 100, fails=True))
    world.simulation.run(stop=lambda: stack.phase == "UPDATE_ROLLBACK_IN_PROGRESS")
    world.network.crash_at = {world.network.calls + 3: "before"}
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_FAILED"
    world.cloudformation.continue_update_rollback(stack, skip=["Model"])
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    world.update(stack, neo("Model", "third"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    world.delete(stack)
    world.settle()
    assert world.sagemaker.live() == []
    assert_all_is_well(world)


def test_a_moved_resource_keeps_its_job_whatever_becomes_of_the_move(make_world: MakeWorld) -> None:
    """The same identity under another logical id: nothing is compiled, and no record goes."""
    for seed, instant in enumerate([None, 0.5, 1.0, 2.0, 3.0, 5.0, 30.0]):
        world = make_world(our_handler, seed)
        stack = world.create(neo("Old", logical_name="pinned"))
        world.settle()
        others = [] if instant is None else [sibling("Other", instant, fails=True)]
        world.update(stack, neo("New", logical_name="pinned"), *others)
        world.settle()
        assert list(stack.records) == ["New" if instant is None else "Old"]
        assert len(world.sagemaker.accepted()) == 1
        assert world.sagemaker.jobs[0].deleted is None, instant
        assert_all_is_well(world)
        world.close()
