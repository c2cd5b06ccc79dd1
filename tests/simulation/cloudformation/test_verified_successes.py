"""verify="fail": what is no success, what waits, and what a rollback comes back to."""

from __future__ import annotations

import pytest

from tests.fakes.object_reader import passed_through
from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, created, requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import neo
from tests.simulation.cloudformation.faults import DEADLY, STORMY, Rates, Switches
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.stack import sibling

HOLLOW = Script(running=30, content=passed_through())


def test_a_model_that_was_passed_through_fails_the_stack_and_is_compiled_once(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler)
    world.scripts["model"] = HOLLOW
    stack = world.create(neo("Model", verify="fail"))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert "NEO902" in stack.reasons[0]
    assert len(world.sagemaker.jobs) == 1
    assert_all_is_well(world)


@pytest.mark.parametrize("real_adapters", [False, True])
def test_an_update_to_one_is_rolled_back_and_compiles_nothing(
    make_world: MakeWorld, real_adapters: bool
) -> None:
    world = make_world(our_handler, real_adapters=real_adapters)
    world.scripts["next"] = HOLLOW
    good = neo("Model", verify="fail")
    stack = created(world, good)
    world.update(stack, neo("Model", "next", verify="fail"))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    assert "NEO902" in stack.reasons[0]
    assert len(world.sagemaker.jobs) == 2
    world.update(stack, neo("Model", "next", verify="fail"))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    assert len(world.sagemaker.jobs) == 2
    world.update(stack, neo("Model", "next", verify="warn"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    assert len(world.sagemaker.jobs) == 2
    assert_all_is_well(world)


@pytest.mark.parametrize("seconds", [1.0, 30.0, 120.0])
def test_a_rollback_to_what_was_never_verified_ends(make_world: MakeWorld, seconds: float) -> None:
    world = make_world(our_handler)
    world.scripts["model"] = HOLLOW
    stack = created(world, neo("Model", verify="warn"))
    tried = neo("Model", "next", verify="fail")
    world.update(stack, tried, sibling("Other", seconds, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    assert_all_is_well(world)


@pytest.mark.parametrize("rates", [STORMY, DEADLY, Rates(call_slow=0.3), Rates(call_throttled=0.5)])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("content", [b"", passed_through()], ids=["compiled", "passed through"])
def test_reading_that_fails_is_slow_or_ends_with_the_function_makes_no_false_success(
    make_world: MakeWorld, rates: Rates, seed: int, content: bytes
) -> None:
    world = make_world(our_handler, seed=seed, rates=rates, real_adapters=bool(seed % 2))
    world.scripts["model"] = Script(running=30, content=content)
    stack = world.create(neo("Model", verify="fail"))
    world.settle()
    if stack.phase == "CREATE_COMPLETE":
        world.update(stack, neo("Model", tags={"a": "1"}, verify="fail"))
        world.settle()
    world.calm()
    world.settle()
    assert_all_is_well(world)


def test_a_policy_that_lags_is_waited_for(make_world: MakeWorld) -> None:
    world = make_world(our_handler, switches=Switches(policy_lag=60.0))
    world.scripts["model"] = Script(running=5)
    created(world, neo("Model", verify="fail"))
    assert_all_is_well(world)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_function_that_dies_at_any_call_of_reading_leaves_one_job(
    make_world: MakeWorld, when: str
) -> None:
    for call in range(20, 60):
        world = make_world(our_handler)
        world.scripts["model"] = Script(running=30)
        world.network.crash_at = {call: when}
        world.create(neo("Model", verify="fail"))
        world.settle()
        assert len(world.sagemaker.jobs) == 1
        assert requests(world)
        assert_all_is_well(world)
