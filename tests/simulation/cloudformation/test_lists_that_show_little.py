"""Stacks whose list of resources leaves out what a handler would like to read there.

MiniStack lists a resource only when it is at rest, and cleans up within the update. Whether real
lists have gaps is not documented. Nothing may wait for such a list for ever, and nothing that a
resource may hold is ended.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

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
from tests.simulation.cloudformation.stack import Stack, sibling
from tests.simulation.cloudformation.world import World

LISTS: Final = {
    "only at rest": Switches(rows_show_progress=False),
    "not timed": Switches(rows_are_timed=False),
    "old ids": Switches(ids_come_late=True),
    "late": Switches(rows_lag=25.0),
    "only at rest, not timed, old ids": Switches(
        rows_show_progress=False, rows_are_timed=False, ids_come_late=True
    ),
}
SLOW: Final = Script(running=500)
SCRIPTS: Final = {"model": SLOW, "next": SLOW, "ever": FOR_EVER, "after": FOR_EVER}
lists = pytest.mark.parametrize("switches", LISTS.values(), ids=LISTS)


def updated(
    world: World, stack: Stack, *resources: object, phase: str = "UPDATE_COMPLETE"
) -> float:
    """Update a stack; return how long that took."""
    began = world.simulation.now
    world.update(stack, *resources)  # type: ignore[arg-type]
    world.settle()
    assert stack.phase == phase, stack.reasons
    return world.simulation.now - began


@lists
def test_a_stack_lives_as_it_does_with_a_full_list(
    make_world: MakeWorld, switches: Switches
) -> None:
    for seed in range(3):
        world = make_world(our_handler, seed, scripts=SCRIPTS, switches=switches)
        stack = created(world, neo("Model"), sibling("Other", 30))
        took = updated(world, stack, neo("Model", tags={"team": "a"}), sibling("Other", 31))
        assert took < 200, "changed tags need not wait long"
        took = updated(world, stack, neo("Model", "next"), neo("Added"), sibling("Other", 5))
        assert took < 1200
        jobs = world.sagemaker.accepted()
        assert len(jobs) == 3
        broken = sibling("Other", 100, fails=True)
        updated(
            world, stack, neo("Model"), neo("Added", "next"), broken,
            phase="UPDATE_ROLLBACK_COMPLETE",
        )  # fmt: skip
        held = {stack.records["Model"].physical_id, stack.records["Added"].physical_id}
        assert held <= {*jobs}, "a rollback compiles nothing"
        updated(world, stack, neo("Model", "next"), sibling("Other", 6))
        assert_all_is_well(world)
        world.delete(stack)
        world.settle()
        assert stack.phase == "DELETE_COMPLETE", stack.reasons
        assert live(world) == []
        world.close()


@lists
def test_jobs_that_nobody_waits_for_are_ended_when_they_are_replaced_or_removed(
    make_world: MakeWorld, switches: Switches
) -> None:
    world = make_world(our_handler, scripts=SCRIPTS, switches=switches)
    stack = created(world, neo("Model", "ever", wait=False), neo("Gone", "ever", wait=False))
    assert len(live(world)) == 2
    updated(world, stack, neo("Model", "after", wait=False))
    assert live(world) == [stack.records["Model"].physical_id]
    assert_all_is_well(world)


@lists
@pytest.mark.parametrize("late", [2.0, 40.0, 200.0])
def test_a_second_delivery_ends_nothing_that_the_stack_has(
    make_world: MakeWorld, switches: Switches, late: float
) -> None:
    world = make_world(our_handler, int(late), scripts=SCRIPTS, switches=switches)
    deliver_twice(world, late, ("Create", "Update", "Delete"))
    stack = created(world, neo("Model", "ever", wait=False), sibling("Other", 30))
    assert live(world) == world.sagemaker.accepted()
    updated(world, stack, neo("Model", "after", wait=False), sibling("Other", 31))
    assert live(world) == [stack.records["Model"].physical_id]
    assert len(world.sagemaker.accepted()) == 2
    assert_all_is_well(world)


@lists
def test_a_moved_construct_keeps_its_running_job(make_world: MakeWorld, switches: Switches) -> None:
    world = make_world(our_handler, scripts=SCRIPTS, switches=switches)
    stack = created(world, neo("Old", "ever", logical_name="pinned", wait=False))
    updated(world, stack, neo("New", "ever", logical_name="pinned", wait=False))
    assert live(world) == world.sagemaker.accepted()
    assert len(world.sagemaker.accepted()) == 1
    assert_all_is_well(world)


@lists
def test_a_delete_that_nobody_sent_changes_nothing(
    make_world: MakeWorld, switches: Switches
) -> None:
    """Whoever may invoke the function may forge one; the stack says that it is at rest."""
    lagging = replace(switches, stack_lag=5.0)
    world = make_world(our_handler, scripts=SCRIPTS, switches=lagging)
    stack = created(world, neo("Model", "ever", wait=False))
    request = next(iter(world.custom.requests.values()))
    forged = {
        "RequestType": "Delete", "RequestId": "forged", "StackId": stack.stack_id,
        "LogicalResourceId": "Model", "PhysicalResourceId": stack.records["Model"].physical_id,
        "ResponseURL": f"https://forged.test/?{request.request_id}", "ResourceType": "Custom::X",
        "ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:framework-onEvent",
        "ResourceProperties": request.properties,
    }  # fmt: skip
    world.provider.put = lambda path, body: 200
    world.provider.deliver(forged)
    world.settle()
    assert live(world) == world.sagemaker.accepted()
    assert world.sagemaker.accepted("Stop") == []


@lists
def test_an_update_that_succeeded_is_rolled_back(make_world: MakeWorld, switches: Switches) -> None:
    """Whichever id the list shows meanwhile: in a rollback it does not tell a late request."""
    for seed in range(3):
        world = make_world(our_handler, seed, scripts=SCRIPTS, switches=switches)
        stack = created(world, neo("Model", "ever", wait=False))
        changed = (neo("Model", "after", wait=False), sibling("Other", 200, fails=True))
        took = updated(world, stack, *changed, phase="UPDATE_ROLLBACK_COMPLETE")
        assert took < 600
        assert live(world) == world.sagemaker.accepted()[:1]
        assert_all_is_well(world)
        world.close()
