"""The model, with the real JavaScript in it, shows what is on record of the Provider.

Each of these was observed on aws-cdk-lib 2.275 or is documented; a model that did not show them
could not prove anything about a handler that survives them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.documented import with_provider
from tests.simulation.cloudformation.faults import Rates
from tests.simulation.cloudformation.provider_files import waiter_source
from tests.simulation.cloudformation.provider_model import Settings
from tests.simulation.cloudformation.stack import Request, sibling
from tests.simulation.cloudformation.world import Handler, Json, Ports, World

CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"


def saying(on_event: Json, is_complete: Json | Exception) -> Handler:
    """A handler that always says the same."""

    def handler(ports: Ports, name: str, event: Json) -> Json:
        answer: Json | Exception = on_event if name == "on_event" else is_complete
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def last_request(world: World) -> Request:
    return list(world.custom.requests.values())[-1]


def answer(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.answers[0].body)
    return body


def test_a_handler_that_dies_after_creating_its_job_leaks_it(make_world: MakeWorld) -> None:
    world = make_world(with_provider, scripts={"model": FOR_EVER})
    world.network.crash_at = {1: "after"}
    stack = world.create(neo("Model"))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert answer(last_request(world))["PhysicalResourceId"] == CREATE_FAILED
    assert [entry[1] for entry in world.log] == ["on_event"], "the Delete never reached us"
    assert len(world.sagemaker.live()) == 1


def test_a_waiter_that_cannot_be_started_leaks_the_job(make_world: MakeWorld) -> None:
    rates = Rates(start_execution_refused=1.0)
    world = make_world(with_provider, rates=rates, scripts={"model": FOR_EVER})
    world.create(neo("Model"))
    world.settle()
    assert len(world.sagemaker.live()) == 1
    assert "Rate exceeded" in world.cloudformation.stacks.popitem()[1].reasons[0]


def test_a_duplicate_delivery_starts_a_second_waiter(make_world: MakeWorld) -> None:
    world = make_world(saying({"PhysicalResourceId": "x"}, {"IsComplete": True}))
    world.chance.rates = Rates(duplicate_delivery=0.5)
    world.create(neo("A"), neo("B"), neo("C"))
    world.settle()
    assert len(world.provider.waiters) > 3


def test_a_long_error_makes_an_answer_that_cloudformation_refuses(make_world: MakeWorld) -> None:
    world = make_world(saying({"PhysicalResourceId": "x"}, RuntimeError("no" * 3000)))
    stack = world.create(neo("Model"))
    world.settle()
    assert "Response object is too long." in stack.reasons


def test_much_data_fails_a_resource_that_succeeded(make_world: MakeWorld) -> None:
    done = {"IsComplete": True, "Data": {"key": "v" * 6000}}
    world = make_world(saying({"PhysicalResourceId": "x"}, done))
    stack = world.create(neo("Model"))
    world.settle()
    assert stack.phase == "ROLLBACK_FAILED", "its Delete answers as much"


def test_a_waiter_killed_on_its_last_try_never_answers(make_world: MakeWorld) -> None:
    settings = Settings(total_timeout=40, query_interval=20)
    pending = saying({"PhysicalResourceId": "x"}, {"IsComplete": False})
    world = make_world(pending, settings=settings)
    stack = world.create(neo("Model"))
    world.run_for(30)
    world.chance.rates = Rates(framework_killed=1.0)
    world.run_for(60)
    world.calm()
    assert world.provider.waiters[0].outcome == "timed out without an answer"
    world.run_for(3600)
    assert stack.phase != "CREATE_IN_PROGRESS"
    assert world.chance.visited["no answer for an hour"] == 1


def test_an_error_in_is_complete_fails_with_the_real_id(make_world: MakeWorld) -> None:
    world = make_world(saying({"PhysicalResourceId": "real"}, RuntimeError("boom")))
    world.create(neo("Model"))
    world.settle()
    create, delete = world.custom.requests.values()
    assert answer(create)["PhysicalResourceId"] == delete.physical_id == "real"


def test_a_failed_update_with_the_new_id_ruins_the_resource(make_world: MakeWorld) -> None:
    def handler(ports: Ports, name: str, event: Json) -> Json:
        model = json.loads(event["ResourceProperties"]["Declaration"])["request"]["InputConfig"]
        if name == "on_event":
            return {"PhysicalResourceId": model["S3Uri"]}
        if "bad" in model["S3Uri"]:
            raise RuntimeError("no")
        return {"IsComplete": True}

    world = make_world(handler)
    stack = world.create(neo("Model"))
    world.settle()
    world.update(stack, neo("Model", "bad"))
    world.settle()
    assert world.chance.visited["id replaced: FAILED"] == 1
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"


def test_a_create_cancelled_by_a_sibling_runs_on_beside_its_delete(make_world: MakeWorld) -> None:
    world = make_world(with_provider, scripts={"model": FOR_EVER})
    stack = world.create(neo("Model"), sibling("Other", 33, fails=True))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert last_request(world).physical_id.startswith("app-Model-")
    assert world.provider.waiters[0].outcome == "timed out", "the zombie polled for an hour"
    assert len(world.sagemaker.live()) == 1, "the job that nobody can help with"


def test_a_job_that_outlasts_the_waiter_times_out(make_world: MakeWorld) -> None:
    settings = Settings(total_timeout=1800)
    world = make_world(with_provider, scripts={"model": FOR_EVER}, settings=settings)
    stack = world.create(neo("Model"))
    world.settle()
    assert "Operation timed out" in stack.reasons
    assert world.provider.waiters[0].attempts == 91


def test_a_waiter_of_an_hour_times_out_after_cloudformation_did(make_world: MakeWorld) -> None:
    world = make_world(with_provider, scripts={"model": FOR_EVER})
    stack = world.create(neo("Model"))
    world.settle()
    assert stack.reasons == []
    assert world.chance.visited["no answer for an hour"] == 1


def test_a_lost_answer_makes_the_framework_invoke_the_handler_again(make_world: MakeWorld) -> None:
    world = make_world(saying({"PhysicalResourceId": "x"}, {"IsComplete": True}))
    world.chance.rates = Rates(handler_answer_lost=1.0)
    world.create(neo("Model"))
    world.run_for(5)
    assert [entry[1] for entry in world.log][:2] == ["on_event", "on_event"]


def test_a_framework_function_that_is_killed_is_invoked_again_after_a_minute(
    make_world: MakeWorld,
) -> None:
    world = make_world(saying({"PhysicalResourceId": "x"}, {"IsComplete": True}))
    world.chance.rates = Rates(framework_killed=1.0)
    stack = world.create(neo("Model"))
    world.run_for(5)
    world.calm()
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    assert world.chance.visited["lambda async retry"] == 1
    assert stack.history[-1][0] - stack.created > 60


def test_a_handler_that_takes_more_than_a_minute_is_killed(make_world: MakeWorld) -> None:
    went_on: list[str] = []

    def slow(ports: Ports, name: str, event: Json) -> Json:
        world.simulation.wait(100)
        went_on.append(name)
        return {}

    world = make_world(slow)
    stack = world.create(neo("Model"))
    world.settle()
    assert went_on == []
    assert "Task timed out after 60.00 seconds" in stack.reasons[0]


def test_an_update_that_replaces_deletes_the_old_id_in_the_cleanup(make_world: MakeWorld) -> None:
    world = make_world(with_provider, scripts={"model": Script(), "other": Script()})
    stack = world.create(neo("Model"))
    world.settle()
    old = stack.records["Model"].physical_id
    world.update(stack, neo("Model", "other"))
    world.settle()
    assert [phase for _, phase in stack.history][-2:] == [
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]
    assert (last_request(world).type, last_request(world).physical_id) == ("Delete", old)


def test_the_waiter_is_the_one_that_the_construct_synthesises() -> None:
    source = waiter_source()
    for part in ('ErrorEquals:["States.ALL"]', "MaxAttempts:props.maxAttempts", "Catch:[{"):
        assert part in source
    assert Settings().max_attempts == 180


@pytest.mark.parametrize(
    ("value", "sent"),
    [(True, "true"), (14, "14"), ({"a": [False, 1.5]}, {"a": ["false", "1.5"]}), ("x", "x")],
)
def test_property_values_arrive_as_strings(make_world: MakeWorld, value: Any, sent: Any) -> None:
    world = make_world(saying({"PhysicalResourceId": "x"}, {"IsComplete": True}))
    world.create(neo("Model", late_bound={"/x": value}))
    world.settle()
    assert last_request(world).properties["LateBound"]["/x"] == sent


def test_the_same_seed_gives_the_same_history(make_world: MakeWorld) -> None:
    from tests.simulation.cloudformation.faults import DEADLY

    histories = []
    for _ in range(2):
        world = make_world(with_provider, 7, rates=DEADLY)
        world.create(neo("A"), neo("B"), sibling("C", 60, fails=True))
        world.settle()
        histories.append((world.log, list(world.custom.requests), world.sagemaker.calls))
    assert histories[0] == histories[1]
