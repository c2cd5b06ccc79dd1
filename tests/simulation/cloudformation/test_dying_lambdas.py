"""Our Lambda, or what is around it, dies at every call."""

from __future__ import annotations

from itertools import product

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import Rates, Switches
from tests.simulation.cloudformation.invariants import violations
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.stack import sibling


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lambda_that_dies_at_any_call_leaks_nothing(make_world: MakeWorld, when: str) -> None:
    visited = 0
    for call, slow in product(range(1, 40), (False, True)):
        script = FOR_EVER if slow else Script(running=40)
        world = make_world(our_handler, call, scripts={"model": script})
        world.network.crash_at = {call: when}
        stack = world.create(neo("Model", deadline=300))
        world.settle()
        visited += "crash" in "".join(stack.reasons) or stack.phase != "CREATE_COMPLETE"
        for _ in range(2):
            if stack.phase not in ("CREATE_COMPLETE", "DELETE_COMPLETE"):
                world.delete(stack)
                world.settle()
        assert violations(world) == [], (call, slow)
        assert world.sagemaker.live() == []
        world.close()
    assert visited >= 40


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lambda_that_dies_at_any_call_of_an_update_leaks_nothing(
    make_world: MakeWorld, when: str
) -> None:
    for call in range(1, 40):
        world = make_world(our_handler, call, scripts={"next": FOR_EVER})
        stack = world.create(neo("Model"))
        world.settle()
        world.network.crash_at = {world.network.calls + call: when}
        world.update(stack, neo("Model", "next", deadline=200))
        world.settle()
        if stack.phase == "UPDATE_ROLLBACK_FAILED":
            world.cloudformation.continue_update_rollback(stack)
            world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
        assert violations(world) == [], call
        world.delete(stack)
        world.settle()
        assert world.sagemaker.live() == [], call
        world.close()


@pytest.mark.parametrize(
    "rates",
    [
        Rates(start_execution_lost=1.0),
        Rates(start_execution_refused=1.0),
        Rates(handler_answer_lost=0.5),
        Rates(put_fails=0.5),
        Rates(call_throttled=0.5),
        Rates(call_lost_response=0.5),
        Rates(call_slow=0.3),
    ],
    ids=lambda rates: next(name for name in Rates.__slots__ if getattr(rates, name)),
)
def test_a_kind_of_fault_that_is_everywhere_leaks_nothing(
    make_world: MakeWorld, rates: Rates
) -> None:
    for seed in range(12):
        script = FOR_EVER if seed % 3 == 0 else Script(running=40)
        world = make_world(our_handler, seed, rates=rates, scripts={"model": script})
        stack = world.create(neo("Model", deadline=600), sibling("Other", 80, fails=seed % 2 == 0))
        world.settle()
        world.calm()
        if stack.phase not in ("CREATE_COMPLETE", "DELETE_COMPLETE"):
            world.delete(stack)
            world.settle()
        assert violations(world) == [], seed
        world.close()


@pytest.mark.parametrize("lag", [0.0, 60.0])
def test_a_cancelled_create_whose_waiter_died_is_ended_by_its_delete_alone(
    make_world: MakeWorld, lag: float
) -> None:
    """Nobody polls for the Create any more, and the Delete's id was made up."""
    switches = Switches(describe_lag=lag, list_lag=lag)
    met = 0
    for tenth in range(15, 50, 1):
        world = make_world(our_handler, tenth, scripts={"model": FOR_EVER}, switches=switches)
        world.network.dies_after = "CreateCompilationJob"
        world.create(neo("Model"), sibling("Other", tenth / 10, fails=True))
        world.settle()
        created = world.sagemaker.accepted()
        met += len(created) == 1 and requests(world)[-1].invented
        assert world.sagemaker.live() == [], tenth
        assert violations(world) == [], tenth
        world.close()
    assert met >= 3


@pytest.mark.parametrize("lag", [0.0, 60.0])
def test_an_update_whose_waiter_died_is_ended_by_its_rollback(
    make_world: MakeWorld, lag: float
) -> None:
    """The job may not be seen yet when the rollback looks for it."""
    for seed in range(15):
        switches = Switches(describe_lag=lag, list_lag=lag)
        scripts = {"next": FOR_EVER}
        world = make_world(our_handler, seed, scripts=scripts, switches=switches)
        stack = world.create(neo("Model"))
        world.settle()
        world.run_for(200)
        world.network.dies_after = "CreateCompilationJob"
        world.update(stack, neo("Model", "next"))
        world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
        assert len(world.sagemaker.accepted()) == 2
        assert violations(world) == [], seed
        world.close()


def test_a_waiter_that_nobody_knows_of_ends_its_job_though_it_was_deaf_at_first(
    make_world: MakeWorld,
) -> None:
    """StartExecution was accepted and its answer lost: CloudFormation never sends us a Delete.
    The look at the stack right after the create is throttled.
    """
    for seed in range(10):
        rates = Rates(start_execution_lost=1.0)
        world = make_world(our_handler, seed, rates=rates, scripts={"model": FOR_EVER})
        world.network.deaf_after = "CreateCompilationJob"
        stack = world.create(neo("Model"))
        world.settle()
        assert stack.phase == "ROLLBACK_COMPLETE"
        assert len(world.sagemaker.accepted()) <= 1
        assert violations(world) == [], seed
        for job in world.sagemaker.jobs:
            stopped = min(time for time, status in job.timeline if status == "STOPPING")
            assert stopped - job.created < 300, "long before the deadline"
        world.close()


def test_what_a_forgotten_update_left_running_is_ended_with_the_stack(
    make_world: MakeWorld,
) -> None:
    """The update dies, its rollback dies and is skipped: no request tells of its job any more."""
    world = make_world(our_handler, scripts={"next": FOR_EVER})
    stack = world.create(neo("Model"))
    world.settle()
    world.network.dies_after = "CreateCompilationJob"
    world.update(stack, neo("Model", "next"))
    world.simulation.run(stop=lambda: stack.phase == "UPDATE_ROLLBACK_IN_PROGRESS")
    world.network.crash_at = {world.network.calls + 2: "before"}
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_FAILED"
    assert len(world.sagemaker.live()) == 1
    world.cloudformation.continue_update_rollback(stack, skip=["Model"])
    world.settle()
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE"
    assert world.sagemaker.live() == []


def test_slow_services_never_make_our_lambda_run_into_its_timeout(make_world: MakeWorld) -> None:
    """The adapters stop in time; the next poll goes on."""
    for seed in range(12):
        rates = Rates(call_slow=0.4)
        world = make_world(our_handler, seed, rates=rates, real_adapters=True)
        stack = world.create(neo("Model"))
        world.settle()
        assert world.chance.visited["call_slow"] > 0
        assert world.chance.visited["handler timed out"] == 0
        world.calm()
        if stack.phase != "CREATE_COMPLETE":
            world.delete(stack)
            world.settle()
        assert violations(world) == [], seed


@pytest.mark.parametrize("since", [0.0, 30.0, 1000.0])
def test_a_delete_right_after_a_further_attempt_ends_it_though_no_read_shows_it(
    make_world: MakeWorld, since: float
) -> None:
    """Somebody stopped the job, an update that does not wait compiles it again, and the stack is
    deleted before List or Describe know of that attempt.
    """
    for seed in range(10):
        switches = Switches(describe_lag=60.0, list_lag=60.0)
        world = make_world(our_handler, seed, scripts={"model": FOR_EVER}, switches=switches)
        stack = world.create(neo("Model", wait=False))
        world.settle()
        world.run_for(200)
        world.sagemaker.stop_compilation_job(world.sagemaker.live()[0].name)
        world.run_for(100 + since)
        world.update(stack, neo("Model", wait=False, tags={"a": "b"}))
        world.settle()
        assert len(world.sagemaker.accepted()) == 2
        world.delete(stack)
        world.settle()
        assert world.sagemaker.live() == [], seed
        assert violations(world) == [], seed
        world.close()
