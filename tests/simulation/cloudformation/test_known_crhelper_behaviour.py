"""The model, with crhelper's own code in it, shows what is on record of crhelper 2.0.12."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.crhelper_model import CrhelperModel
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.documented import with_provider
from tests.simulation.cloudformation.faults import Rates
from tests.simulation.cloudformation.network import Answer, Network
from tests.simulation.cloudformation.stack import Request, sibling
from tests.simulation.cloudformation.world import World


class Refusing(Random):
    """Chance, of which the worst always comes: S3 answers 403."""

    def choice(self, seq: Any) -> Any:
        return "403"


class Stalled(Network):
    """A network on which no call is answered."""

    def travel(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        self.simulation.wait(1000)
        return commit()


def crhelper_world(make_world: MakeWorld, seed: int = 1, **options: Any) -> World:
    """Return a world whose custom resources are functions with crhelper."""
    world: World = make_world(with_provider, seed, other_framework=CrhelperModel, **options)
    return world


def model(world: World) -> CrhelperModel:
    assert isinstance(world.framework, CrhelperModel)
    return world.framework


def first(world: World) -> Request:
    return next(iter(world.custom.requests.values()))


def body(request: Request, number: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(request.answers[number].body)
    return answer


def test_a_quiet_life_polls_every_two_minutes_and_leaves_no_rule(make_world: MakeWorld) -> None:
    world = crhelper_world(make_world, scripts={"model": Script(running=200), "next": Script()})
    stack = world.create(neo("Model"))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE", stack.reasons
    job = world.sagemaker.jobs[0]
    assert body(first(world))["PhysicalResourceId"] == job.name
    assert first(world).answers[0].time - first(world).sent == pytest.approx(240, abs=10)
    old = stack.records["Model"].physical_id
    world.update(stack, neo("Model", "next"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert stack.records["Model"].physical_id != old
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE", stack.reasons
    assert all(rule.deleted for rule in model(world).rules.values())
    assert model(world).permissions == set()


def test_a_delete_sleeps_two_minutes_for_the_logs(make_world: MakeWorld) -> None:
    world = crhelper_world(make_world)
    stack = world.create(neo("Model"))
    world.settle()
    began = world.simulation.now
    world.delete(stack)
    world.settle()
    assert 120 < world.simulation.now - began < 130


def test_a_failed_create_is_answered_with_a_random_id(make_world: MakeWorld) -> None:
    broken = Script(running=30, outcome="FAILED", reason="ClientError: no")
    world = crhelper_world(make_world, scripts={"model": broken})
    stack = world.create(neo("Model"))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    answer = body(first(world))
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"].startswith("app_Model_")
    assert "ClientError: no" in answer["Reason"]


def test_a_duplicate_delivery_makes_a_second_rule(make_world: MakeWorld) -> None:
    world = crhelper_world(make_world)
    world.chance.rates = Rates(duplicate_delivery=0.5)
    world.create(neo("A"), neo("B"), neo("C"))
    world.settle()
    assert len(model(world).rules) > 3
    assert len(world.sagemaker.accepted()) == 3, "the handler's own doing: one name a request"


def test_an_answer_that_s3_refuses_is_taken_for_delivered(make_world: MakeWorld) -> None:
    world = crhelper_world(make_world, 3)
    world.create(neo("Model"))
    world.run_for(100)
    world.chance.rates = Rates(put_fails=1.0)
    world.chance.random = Refusing(1)
    world.run_for(60)
    assert first(world).answers == []
    world.calm()
    world.settle()
    assert first(world).outcome == "timed out", "CloudFormation waited for its hour"


def test_a_create_cancelled_by_a_sibling_leaks_its_job(make_world: MakeWorld) -> None:
    world = crhelper_world(make_world, scripts={"model": FOR_EVER})
    stack = world.create(neo("Model"), sibling("Other", 33, fails=True))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert len(world.sagemaker.live()) == 1
    assert [rule.deleted for rule in model(world).rules.values()] == [False], "it polls on"


def test_a_function_that_times_out_says_so_half_a_second_before(make_world: MakeWorld) -> None:
    world = crhelper_world(make_world)
    world.network = Stalled(world.simulation, world.chance)
    world.create(neo("Model"))
    world.run_for(320)
    assert body(first(world))["Reason"] == "Execution timed out"
    assert first(world).answers[0].time - first(world).sent == pytest.approx(300, abs=2)
