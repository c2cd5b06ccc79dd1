"""Requests that come twice, late, or out of order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import Switches
from tests.simulation.cloudformation.ours import our_handler


@pytest.mark.parametrize("copies", [1, 2, 3, 4])
def test_duplicates_create_one_job_and_agree_on_the_id(make_world: MakeWorld, copies: int) -> None:
    world = make_world(our_handler)
    deliver = world.provider.deliver

    def several(event: dict[str, Any], delay: float) -> None:
        for copy in range(copies + 1):
            deliver(json.loads(json.dumps(event)), delay=delay + copy * copy * 3.1)

    world.custom.deliver = several
    stack = world.create(neo("Model"))
    world.settle()
    world.update(stack, neo("Model", "next"))
    world.settle()
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE"
    assert len(world.provider.waiters) == 4 * (copies + 1)
    assert len(world.sagemaker.accepted()) == 2
    for request in requests(world):
        successes = {
            json.loads(answer.body)["PhysicalResourceId"]
            for answer in request.answers
            if json.loads(answer.body)["Status"] == "SUCCESS"
        }
        assert len(successes) == 1
    assert_all_is_well(world)


@pytest.mark.parametrize("late", [30.0, 300.0, 1200.0, 5000.0])
def test_a_create_delivered_again_after_everything_changed_does_nothing(
    make_world: MakeWorld, late: float
) -> None:
    world = make_world(our_handler)
    deliver = world.provider.deliver

    def twice(event: dict[str, Any], delay: float) -> None:
        deliver(json.loads(json.dumps(event)), delay=delay)
        deliver(json.loads(json.dumps(event)), delay=delay + late)

    world.custom.deliver = twice
    stack = world.create(neo("Model"))
    world.simulation.run(stop=lambda: not stack.busy)
    world.update(stack, neo("Model", "next"))
    world.simulation.run(stop=lambda: not stack.busy)
    world.delete(stack)
    world.settle()
    assert len(world.sagemaker.accepted()) == 2
    assert world.sagemaker.live() == []
    assert_all_is_well(world)


def test_a_delete_finds_the_job_of_its_id_though_list_lags(make_world: MakeWorld) -> None:
    """A resource that did not wait is deleted right after its job was accepted."""
    for seed in range(10):
        world = make_world(
            our_handler, seed, scripts={"model": FOR_EVER}, switches=Switches(list_lag=60.0)
        )
        stack = world.create(neo("Model", wait=False))
        world.settle()
        world.delete(stack)
        world.settle()
        assert stack.phase == "DELETE_COMPLETE"
        assert world.sagemaker.live() == []
        world.close()


def test_a_job_that_only_list_shows_is_not_compiled_again(make_world: MakeWorld) -> None:
    """Describe lags behind List: the job is COMPLETED there, and unknown here."""
    for seed in range(10):
        scripts = {"next": Script(starting=1, running=10)}
        switches = Switches(describe_lag=60.0)
        world = make_world(our_handler, seed, scripts=scripts, switches=switches)
        stack = world.create(neo("Model"))
        world.settle()
        world.update(stack, neo("Model", "next"))
        world.settle()
        assert stack.phase == "UPDATE_COMPLETE"
        assert len(world.sagemaker.accepted()) == 2
        assert_all_is_well(world)
        world.close()
