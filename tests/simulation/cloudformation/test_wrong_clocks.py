"""The clock of the functions is ahead of the services' clocks, or behind them."""

from __future__ import annotations

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, created, live
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import Switches
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.stack import sibling

SKEWS = (-300.0, -60.0, -8.0, -2.0, 2.0, 60.0, 300.0)
FAILS = Script(running=30, outcome="FAILED", reason="ClientError: no such operator")


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("instant", [5.0, 200.0], ids=["under way", "completed"])
def test_an_update_is_rolled_back_and_made_again(
    make_world: MakeWorld, skew: float, instant: float
) -> None:
    world = make_world(our_handler, switches=Switches(clock_skew=skew))
    stack = created(world, neo("Model"))
    world.update(stack, neo("Model", "next"), sibling("Other", instant, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    world.update(stack, neo("Model", "next"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE", stack.reasons
    assert live(world) == []


@pytest.mark.parametrize("skew", SKEWS)
def test_an_update_whose_job_fails_is_rolled_back(make_world: MakeWorld, skew: float) -> None:
    """The resource keeps its id, so only the stack tells the update from its rollback."""
    world = make_world(our_handler, switches=Switches(clock_skew=skew), scripts={"next": FAILS})
    stack = created(world, neo("Model"))
    world.update(stack, neo("Model", "next"))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert stack.records["Model"].physical_id == world.sagemaker.accepted()[0]
    assert len(world.sagemaker.accepted()) == 2
    assert_all_is_well(world)


@pytest.mark.parametrize("skew", SKEWS)
def test_a_running_job_is_tagged_anew_and_rolled_back(make_world: MakeWorld, skew: float) -> None:
    switches = Switches(clock_skew=skew)
    world = make_world(our_handler, switches=switches, scripts={"model": FOR_EVER})
    stack = created(world, neo("Model", wait=False))
    changed = neo("Model", wait=False, tags={"team": "a"})
    world.update(stack, changed, sibling("Other", 100.0, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert live(world) == world.sagemaker.accepted()
    assert "team" not in world.sagemaker.jobs[0].tags
