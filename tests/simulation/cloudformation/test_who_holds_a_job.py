"""Histories in which a request must know what the stack holds before it ends anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import (
    assert_all_is_well,
    created,
    deliver_twice,
    live,
)
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import Switches
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.stack import Resource, sibling

LONG = Script(running=2000)


# --- a construct that moves, its identity pinned ------------------------------------------------


@pytest.mark.parametrize("removal", ["destroy", "retain"])
@pytest.mark.parametrize("rows_lag", [0.0, 5.0])
def test_a_moved_construct_keeps_its_running_job(
    make_world: MakeWorld, removal: str, rows_lag: float
) -> None:
    for seed, instant in enumerate([None, 0.5, 1.0, 3.0, 5.0, 30.0, 60.0]):
        switches = Switches(rows_lag=rows_lag)
        world = make_world(our_handler, seed, scripts={"model": FOR_EVER}, switches=switches)
        move: dict[str, Any] = {"logical_name": "pinned", "removal": removal, "wait": False}
        stack = created(world, neo("Old", **move))
        others = [] if instant is None else [sibling("Other", instant, fails=True)]
        world.update(stack, neo("New", **move), *others)
        world.settle()
        assert list(stack.records) == ["New" if instant is None else "Old"]
        assert live(world) == world.sagemaker.accepted(), instant
        assert len(world.sagemaker.accepted()) == 1
        assert_all_is_well(world)
        world.delete(stack)
        world.settle()
        assert live(world) == []
        world.close()


def test_a_moved_construct_whose_job_changes_too_ends_the_old_job(make_world: MakeWorld) -> None:
    world = make_world(our_handler, scripts={"model": FOR_EVER, "next": FOR_EVER})
    stack = created(world, neo("Old", logical_name="pinned", wait=False))
    world.update(stack, neo("New", "next", logical_name="pinned", wait=False))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert world.sagemaker.accepted("Stop") == world.sagemaker.accepted()[:1]
    assert live(world) == world.sagemaker.accepted()[1:]


def test_constructs_that_change_places_keep_their_running_jobs(make_world: MakeWorld) -> None:
    def pinned(logical_id: str, name: str) -> Resource:
        return neo(logical_id, name, logical_name=name, wait=False)

    scripts = {"x": FOR_EVER, "y": FOR_EVER}
    for seed, instant in enumerate([None, 1.0, 2.0, 5.0, 12.0, 25.0, 60.0, 120.0]):
        world = make_world(our_handler, seed, scripts=scripts)
        stack = created(world, pinned("A", "x"), pinned("B", "y"))
        others = [] if instant is None else [sibling("Other", instant, fails=True)]
        world.update(stack, pinned("A", "y"), pinned("B", "x"), *others)
        world.settle()
        expected = "UPDATE_COMPLETE" if instant is None else "UPDATE_ROLLBACK_COMPLETE"
        assert stack.phase == expected, (instant, stack.reasons)
        assert len(live(world)) == len(world.sagemaker.accepted()) == 2, instant
        assert world.sagemaker.accepted("Stop") == []
        assert_all_is_well(world)
        world.close()


# --- deliveries twice or late -------------------------------------------------------------------


@pytest.mark.parametrize("lag", [0.0, 5.0])
@pytest.mark.parametrize("late", [0.4, 2.0, 5.0, 15.0, 40.0, 120.0, 400.0])
def test_a_job_that_nobody_waits_for_survives_a_second_delivery(
    make_world: MakeWorld, late: float, lag: float
) -> None:
    switches = Switches(stack_lag=lag, rows_lag=lag)
    scripts = {"model": FOR_EVER, "next": FOR_EVER}
    world = make_world(our_handler, int(late), scripts=scripts, switches=switches)
    deliver_twice(world, late, ("Create", "Update"))
    stack = created(world, neo("Model", wait=False), sibling("Other", 30))
    assert live(world) == world.sagemaker.accepted()
    world.update(stack, neo("Model", wait=False, tags={"team": "a"}), sibling("Other", 30))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert live(world) == world.sagemaker.accepted()
    world.update(stack, neo("Model", "next", wait=False, tags={"team": "a"}), sibling("Other", 30))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert live(world) == world.sagemaker.accepted()[-1:]
    assert len(world.sagemaker.accepted()) == 2
    assert_all_is_well(world)


@pytest.mark.parametrize("touched", [False, True], ids=["another resource", "this resource"])
def test_a_cancelled_update_that_comes_again_in_the_next_one_changes_nothing(
    make_world: MakeWorld, touched: bool
) -> None:
    """The second delivery finds the stack in an update again, which is not its own."""
    scripts = {"model": FOR_EVER, "next": FOR_EVER, "third": FOR_EVER}
    for late in (5.0, 10.0, 30.0, 80.0):
        world = make_world(our_handler, int(late), scripts=scripts)
        stack = created(world, neo("Model", wait=False))
        held: list[dict[str, Any]] = []
        deliver = world.custom.deliver

        def holding(
            event: dict[str, Any],
            delay: float,
            held: list[dict[str, Any]] = held,
            deliver: Callable[[dict[str, Any], float], None] = deliver,
        ) -> None:
            held.append(json.loads(json.dumps(event)))
            deliver(event, delay)

        world.custom.deliver = holding
        world.update(stack, neo("Model", "next", wait=False), sibling("Other", 0.1, fails=True))
        world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
        world.custom.deliver = deliver
        declared = neo("Model", "third", wait=False) if touched else neo("Model", wait=False)
        world.update(stack, declared, sibling("Slow", 300))
        world.run_for(late)
        world.provider.deliver(held[0])
        world.settle()
        assert stack.phase == "UPDATE_COMPLETE", stack.reasons
        assert live(world) == [stack.records["Model"].physical_id], late
        assert_all_is_well(world)
        world.close()


@pytest.mark.parametrize("late", [0.2, 0.5, 1.0, 3.0, 40.0])
def test_an_update_that_comes_again_with_the_next_one_changes_nothing(
    make_world: MakeWorld, late: float
) -> None:
    """The resource is requested, and no other request has started a job yet; its id tells."""
    scripts = {"model": FOR_EVER, "next": FOR_EVER, "third": FOR_EVER}
    for seed in range(3):
        world = make_world(our_handler, seed, scripts=scripts)
        stack = created(world, neo("Model", wait=False))
        world.update(stack, neo("Model", "next", wait=False))
        world.settle()
        again = next(each.event for each in world.provider.waiters if is_update(each.event))
        world.update(stack, neo("Model", "third", wait=False))
        world.run_for(late)
        world.provider.deliver(dict(again))
        world.settle()
        assert stack.phase == "UPDATE_COMPLETE", stack.reasons
        assert live(world) == [stack.records["Model"].physical_id]
        assert len(world.sagemaker.accepted()) == 3
        assert_all_is_well(world)
        world.close()


def is_update(event: dict[str, Any]) -> bool:
    return bool(event["RequestType"] == "Update")


# --- what a rollback comes back to --------------------------------------------------------------


@pytest.mark.parametrize("tags_lag", [0.0, 60.0])
def test_a_superseded_update_of_tags_leaves_the_job_that_the_rollback_wants(
    make_world: MakeWorld, tags_lag: float
) -> None:
    for seed in range(12):
        switches = Switches(tags_lag=tags_lag)
        world = make_world(our_handler, seed, scripts={"model": LONG}, switches=switches)
        stack = created(world, neo("Model", wait=False))
        changed = neo("Model", wait=True, tags={"team": "a"})
        world.update(stack, changed, sibling("Other", 18.0 + seed / 2, fails=True))
        world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
        assert len(world.sagemaker.accepted()) == 1, seed
        assert live(world) == world.sagemaker.accepted(), seed
        assert_all_is_well(world)
        world.close()


def test_an_update_at_its_deadline_leaves_the_job_that_it_only_adopted(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler, scripts={"model": FOR_EVER})
    stack = created(world, neo("Model", wait=False))
    world.update(stack, neo("Model", wait=True, deadline=200, tags={"team": "a"}))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    assert live(world) == world.sagemaker.accepted()
    assert len(world.sagemaker.accepted()) == 1
    assert_all_is_well(world)


@pytest.mark.parametrize("lag", [3.0, 5.0])
@pytest.mark.parametrize("moves", [True, False], ids=["LastUpdatedTime moves", "stands"])
@pytest.mark.parametrize(
    ("changed", "instant"),
    [
        (neo("Model", tags={"team": "a"}), 30.0),
        (neo("Model", "next"), 30.0),
        (neo("Model", "next"), 200.0),
    ],
    ids=["tags", "another job, under way", "another job, completed"],
)
def test_a_rollback_ends_though_the_stack_was_read_as_it_was_before(
    make_world: MakeWorld, changed: Resource, instant: float, moves: bool, lag: float
) -> None:
    for seed in range(10):
        switches = Switches(stack_lag=lag, rows_lag=lag, last_updated_moves_at_rollback=moves)
        world = make_world(our_handler, seed, switches=switches)
        stack = created(world, neo("Model"))
        world.update(stack, changed, sibling("Other", instant, fails=True))
        world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", (seed, stack.reasons)
        assert stack.history[-1][0] - stack.history[-4][0] < 600
        held = stack.records["Model"].physical_id
        assert world.sagemaker.accepted().count(held) == 1
        assert_all_is_well(world)
        world.close()


def test_a_delete_that_reads_the_old_id_leaves_the_record_that_the_stack_holds(
    make_world: MakeWorld,
) -> None:
    for seed in range(10):
        world = make_world(our_handler, seed, switches=Switches(rows_lag=60.0))
        stack = created(world, neo("Model"))
        world.update(stack, neo("Model", "next"))
        world.settle()
        held = stack.records["Model"].physical_id
        assert stack.phase == "UPDATE_COMPLETE", stack.reasons
        assert world.sagemaker.job(held) is not None, seed
        assert world.sagemaker.job(world.sagemaker.accepted()[0]) is None
        world.close()
