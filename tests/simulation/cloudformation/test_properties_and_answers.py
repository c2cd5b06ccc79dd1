"""What goes in as properties reaches SageMaker as it was meant; what comes out always fits."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import neo
from tests.simulation.cloudformation.ours import LOGGED, our_handler
from tests.simulation.cloudformation.world import World

LATE: dict[str, Any] = {
    "/InputConfig/DataInputConfig#/data/0": 7,
    "/StoppingCondition/MaxRuntimeInSeconds": 1234,
    "/VpcConfig/Subnets": ["subnet-1", "subnet-2"],
    "/VpcConfig/SecurityGroupIds": ["sg-1"],
    "/OutputConfig/KmsKeyId": "1234",
    "#revision": 5,
}


def test_late_values_arrive_with_the_types_of_the_api(make_world: MakeWorld) -> None:
    world = make_world(our_handler)
    world.create(neo("Model", late_bound=LATE))
    world.settle()
    assert set(map(type, requests(world)[0].properties["LateBound"].values())) == {str, list}
    sent = world.sagemaker.jobs[0].request
    assert sent["StoppingCondition"] == {"MaxRuntimeInSeconds": 1234}
    assert json.loads(sent["InputConfig"]["DataInputConfig"]) == {"data": [7, 3, 224, 224]}
    assert sent["VpcConfig"]["Subnets"] == ["subnet-1", "subnet-2"]
    assert sent["OutputConfig"]["KmsKeyId"] == "1234"
    assert_all_is_well(world)


def test_two_stacks_of_one_template_leave_each_other_alone(make_world: MakeWorld) -> None:
    world = make_world(our_handler, scripts={"model": Script(running=300)})
    first, second = world.create(neo("Model")), world.create(neo("Model"))
    world.run_for(60)
    world.delete(first)
    world.settle()
    assert (first.phase, second.phase) == ("DELETE_COMPLETE", "CREATE_COMPLETE")
    assert len(world.sagemaker.accepted()) == 2
    assert len(world.sagemaker.accepted("Stop")) == 1
    assert_all_is_well(world)


def test_no_log_line_holds_the_response_url(make_world: MakeWorld) -> None:
    LOGGED.clear()
    world = make_world(our_handler, scripts={"model": Script(outcome="FAILED", reason="x")})
    world.create(neo("Model"))
    world.settle()
    assert len(LOGGED) > 5
    assert not [line for line in LOGGED if "Signature" in line or "ResponseURL" in line]


def _any_text(dice: random.Random, longest: int) -> str:
    alphabet = dice.choice(["x", 'x"\\', "x\n\t\r", "\u20ac\u00e9", "\U0001f600a", "\x00\x1f\x7f"])
    return "".join(dice.choices(alphabet, k=dice.randint(0, longest)))


def _fuzzed(make_world: MakeWorld, seed: int) -> World:
    dice = random.Random(seed)
    reason = dice.choice(["ClientError: ", "ServerError: ", ""]) + _any_text(dice, 1000)
    outcome = dice.choice(["COMPLETED", "FAILED"])
    script = Script(running=5, outcome=outcome, reason=reason[:1024])
    prefix = "s3://b/" + "p" * dice.randint(0, 900)
    late = {"/OutputConfig/S3OutputLocation": prefix}
    if dice.random() < 0.2:
        late["/InputConfig/Framework"] = _any_text(dice, 3000)
    if dice.random() < 0.1:
        late["/No/Such/Field"] = _any_text(dice, 3000)
    name = "M" * dice.randint(1, 255)
    world = make_world(our_handler, seed, scripts={"model": script})
    world.create(neo(name, late_bound=late))
    world.settle()
    return world


def _assert_answers_fit(world: World) -> None:
    for request in requests(world):
        for answer in request.answers:
            assert len(answer.body.encode()) <= 4096
            assert json.loads(answer.body)["PhysicalResourceId"]
    assert world.chance.visited["answer refused"] == 0


def test_three_hundred_fuzzed_outcomes_fit_into_an_answer(make_world: MakeWorld) -> None:
    phases = set()
    for seed in range(300):
        world = _fuzzed(make_world, seed)
        _assert_answers_fit(world)
        phases |= {stack.phase for stack in world.cloudformation.stacks.values()}
        world.close()
    assert phases == {"CREATE_COMPLETE", "ROLLBACK_COMPLETE"}


@pytest.mark.long
def test_ten_thousand_fuzzed_outcomes_fit_into_an_answer(make_world: MakeWorld) -> None:
    for seed in range(1000, 11_000):
        world = _fuzzed(make_world, seed)
        _assert_answers_fit(world)
        world.close()
