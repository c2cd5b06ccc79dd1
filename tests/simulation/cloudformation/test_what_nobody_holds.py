"""Histories that leave what nobody holds, or what is not ours, unless the handler looks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, created, live, requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import Rates, Switches
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.random_worlds import SYSTEM_ERROR
from tests.simulation.cloudformation.stack import sibling
from tests.simulation.cloudformation.world import World

LONG = Script(running=2000)


def test_a_crash_of_the_create_of_an_update_that_is_rolled_back_leaks_nothing(
    make_world: MakeWorld,
) -> None:
    met = 0
    for tenth in range(15, 50, 2):
        world = make_world(our_handler, tenth, scripts={"model": FOR_EVER})
        stack = created(world, sibling("First", 1))
        world.network.dies_after = "CreateCompilationJob"
        world.update(stack, sibling("First", 1), neo("Model"), sibling("O", tenth / 10, fails=True))
        world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
        met += len(world.sagemaker.accepted()) == 1 and requests(world)[-1].invented
        assert live(world) == [], tenth
        assert_all_is_well(world)
        world.close()
    assert met >= 3


@pytest.mark.parametrize("lag", [0.0, 5.0])
def test_a_job_that_nobody_waits_for_is_ended_when_its_waiter_was_disowned(
    make_world: MakeWorld, lag: float
) -> None:
    """StartExecution was accepted and its answer lost: the framework fails the Create, and
    swallows the Delete that follows.
    """
    for seed in range(6):
        rates, switches = Rates(start_execution_lost=1.0), Switches(stack_lag=lag, rows_lag=lag)
        scripts = {"model": FOR_EVER}
        world = make_world(our_handler, seed, rates=rates, scripts=scripts, switches=switches)
        stack = world.create(neo("Model", wait=False))
        world.settle()
        assert stack.phase == "ROLLBACK_COMPLETE"
        assert live(world) == [], seed
        assert_all_is_well(world)
        world.close()


@pytest.mark.parametrize("second", [235.0, 240.0, 245.0, 250.0, 255.0])
def test_a_create_whose_answer_is_lost_late_makes_one_job(
    make_world: MakeWorld, second: float
) -> None:
    """The name is in use because of the create itself, and the job is not visible yet."""
    switches = Switches(quota=1, describe_lag=5.0)
    world = make_world(our_handler, int(second), scripts={"model": LONG}, switches=switches)
    busy = world.sagemaker.add_job(
        {
            "CompilationJobName": "other",
            "OutputConfig": {"S3OutputLocation": "s3://x", "TargetDevice": "ml_c5"},
        },
        script=FOR_EVER,
        foreign=True,
    )
    world.create(neo("Model"))
    world.run_for(second - 20)
    world.sagemaker.behaviour = dataclasses.replace(world.sagemaker.behaviour, quota=None)
    world.network.losing = "CreateCompilationJob"
    world.settle()
    busy.stop(world.simulation.now)
    assert len(world.sagemaker.accepted()) == 1
    assert_all_is_well(world)


# --- what is ours --------------------------------------------------------------------------------


@pytest.mark.parametrize("pruned", [1, 2])
def test_a_success_is_found_though_the_attempts_before_it_were_deleted(
    make_world: MakeWorld, pruned: int
) -> None:
    failing = Script(running=10, outcome="FAILED", reason=SYSTEM_ERROR)
    scripts = {"model": [failing, failing, Script(running=10)]}
    world = make_world(our_handler, scripts=scripts)
    stack = created(world, neo("Model", retries=2, max_runtime=600))
    for job in world.sagemaker.jobs[:pruned]:
        job.deleted = world.simulation.now
    world.update(stack, neo("Model", retries=2, max_runtime=600, tags={"team": "a"}))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert len(world.sagemaker.accepted()) == 3
    assert world.sagemaker.jobs[2].tags["team"] == "a"


@pytest.mark.parametrize("wait", [True, False])
def test_a_foreign_job_that_appears_after_the_look_is_no_success(
    make_world: MakeWorld, wait: bool
) -> None:
    world = make_world(our_handler)
    create = world.sagemaker.create_compilation_job

    def foreign_first(request: dict[str, Any]) -> dict[str, Any]:
        if not world.sagemaker.jobs:
            stolen = {**request, "Tags": []}
            world.sagemaker.add_job(stolen, script=FOR_EVER, foreign=True)
        return create(request)

    world.provider.run_handler = _with_create(world, foreign_first)
    stack = world.create(neo("Model", wait=wait, deadline=600))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert "not ours" in stack.reasons[0]
    assert len(live(world)) == 1


def _with_create(world: World, create: Callable[..., Any]) -> Any:
    run = world.provider.run_handler

    @dataclasses.dataclass
    class Service:
        def __getattr__(self, name: str) -> Any:
            return create if name == "create_compilation_job" else getattr(world.sagemaker, name)

    service: Any = Service()
    original = world.ports

    def ports() -> Any:
        made = original()
        gateway = dataclasses.replace(made.gateway, service=service)  # type: ignore[type-var]
        return dataclasses.replace(made, gateway=gateway)

    def run_with(name: str, event: dict[str, Any]) -> Any:
        return world.handler(ports(), name, event)

    assert run is not None
    return run_with


def test_tags_that_lag_behind_do_not_fail_an_update(make_world: MakeWorld) -> None:
    world = make_world(our_handler, scripts={"model": LONG}, switches=Switches(tags_lag=90.0))
    stack = created(world, neo("Model", wait=False))
    world.update(stack, neo("Model", wait=False, tags={"team": "a"}))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert world.sagemaker.jobs[0].tags["team"] == "a"


@pytest.mark.parametrize("lag", [20.0, 60.0])
def test_the_handlers_own_policies_may_be_late(make_world: MakeWorld, lag: float) -> None:
    world = make_world(our_handler, switches=Switches(policy_lag=lag))
    stack = created(world, neo("Model"))
    for number, change in enumerate((world.update, world.update)):
        world.network.denied_until = world.simulation.now + lag
        change(stack, neo("Model", f"next{number}"))
        world.settle()
        assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    world.network.denied_until = world.simulation.now + lag
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE", stack.reasons
    assert_all_is_well(world)


def test_what_an_abandoned_cleanup_left_goes_with_the_stack(make_world: MakeWorld) -> None:
    scripts = {"model": FOR_EVER, "next": FOR_EVER}
    world = make_world(our_handler, scripts=scripts)
    stack = created(world, neo("Model", wait=False))
    world.update(stack, neo("Model", "next", wait=False))
    while stack.phase != "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
        world.run_for(1.0)
    world.chance.rates = Rates(start_execution_refused=1.0)
    world.settle()
    world.calm()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert len(stack.abandoned) == 1
    assert len(live(world)) == 2, "nobody was asked to end the old one"
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE", stack.reasons
    assert live(world) == []
    assert_all_is_well(world)
