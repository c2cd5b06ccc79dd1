"""Fleets in the model of CloudFormation, with the Provider framework's real JavaScript."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fakes.sagemaker import Script as JobScript
from tests.simulation.cloudformation.conftest import node as node
from tests.simulation.cloudformation.faults import Rates, Switches
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.stack import CUSTOM, sibling
from tests.simulation.fleet.histories import FleetHistories
from tests.simulation.fleet.stacks import FOR_EVER, Fleets
from tests.simulation.fleet.world import Json
from tests.simulation.histories import Script, failure


@pytest.fixture
def fleets(node: NodeProvider) -> Iterator[Callable[..., Fleets]]:
    made: list[Fleets] = []

    def make(seed: int = 1, **more: Any) -> Fleets:
        made.append(Fleets(node, seed, more))
        return made[-1]

    yield make
    for each in made:
        each.world.close()


def test_a_fleets_life_leaves_nothing(fleets: Callable[..., Fleets]) -> None:
    found = fleets()
    world = found.world
    stack = world.create(found.fleet())
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    world.update(stack, found.fleet(4, "n"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    assert len(world.sagemaker.accepted()) == 7
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE"
    assert world.sagemaker.live() == []
    assert found.state.objects == {}


@pytest.mark.parametrize("switches", [Switches(), Switches(list_lag=60.0, describe_lag=60.0)])
def test_a_sibling_that_fails_at_any_instant_leaves_no_job_live(
    fleets: Callable[..., Fleets], switches: Switches
) -> None:
    for seed, instant in enumerate([*(n / 3 for n in range(24)), *range(10, 130, 15)]):
        found = fleets(seed, switches=switches)
        found.scripts(m=FOR_EVER)
        stack = found.world.create(found.fleet(), sibling("Other", instant, fails=True))
        found.world.settle()
        assert stack.phase == "ROLLBACK_COMPLETE", instant
        assert found.world.sagemaker.live() == [], instant
        found.assert_no_name_was_accepted_twice()
        found.world.close()


def test_an_update_rolled_back_at_any_instant_compiles_nothing_again(
    fleets: Callable[..., Fleets],
) -> None:
    for second in range(0, 100, 6):
        found = fleets(second)
        found.scripts(next=FOR_EVER)
        stack = found.world.create(found.fleet())
        found.world.settle()
        found.world.update(stack, found.fleet(3, "next"), sibling("Other", second, fails=True))
        found.world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", second
        assert found.world.sagemaker.live() == [], second
        names = [name for name in found.world.sagemaker.accepted()]
        assert sum(name.endswith("-r1") for name in names) == 0
        assert stack.records["Fleet"].physical_id.startswith("f")
        found.world.close()


def test_a_stack_deleted_while_it_is_being_created_leaves_nothing_live(
    fleets: Callable[..., Fleets],
) -> None:
    for second in range(0, 60, 6):
        found = fleets(second)
        found.scripts(m=FOR_EVER)
        stack = found.world.create(found.fleet())
        found.world.run_for(second + 0.5)
        found.world.delete(stack)
        found.world.settle()
        assert stack.phase == "DELETE_COMPLETE"
        assert found.world.sagemaker.live() == []
        found.world.close()


def twice(found: Fleets, late: float) -> None:
    """Deliver each Update a second time, so much later."""
    deliver = found.world.custom.deliver

    def again(event: Json, delay: float) -> None:
        deliver(json.loads(json.dumps(event)), delay)
        if event["RequestType"] == "Update":
            deliver(json.loads(json.dumps(event)), delay + late)

    found.world.custom.deliver = again


@pytest.mark.parametrize("late", [20.0, 60.0, 300.0])
def test_a_rollback_that_is_delivered_again_leaves_the_fleet_declared(
    fleets: Callable[..., Fleets], late: float
) -> None:
    found = fleets()
    world = found.world
    stack = world.create(found.fleet())
    world.settle()
    twice(found, late)
    world.update(stack, found.fleet(3, "next"), sibling("Other", 100, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    [desired] = [body for key, body in found.state.objects.items() if "desired" in key]
    assert json.loads(desired.body)["document"]


@pytest.mark.parametrize("lag", [0.0, 5.0])
def test_a_fleet_whose_waiter_was_disowned_leaves_nothing_live(
    fleets: Callable[..., Fleets], lag: float
) -> None:
    rates = Rates(start_execution_lost=1.0)
    found = fleets(rates=rates, switches=Switches(stack_lag=lag, rows_lag=lag))
    found.scripts(m=FOR_EVER)
    stack = found.world.create(found.fleet(2, Wait="false"))
    found.world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert found.world.sagemaker.live() == []


@pytest.mark.parametrize("lag", [20.0, 60.0])
def test_a_fleets_own_policies_may_be_late(fleets: Callable[..., Fleets], lag: float) -> None:
    found = fleets(switches=Switches(policy_lag=lag))
    world = found.world
    stack = world.create(found.fleet())
    world.settle()
    assert stack.phase == "CREATE_COMPLETE", stack.reasons
    world.network.denied_until = world.simulation.now + lag
    world.update(stack, found.fleet(2, "next"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    world.network.denied_until = world.simulation.now + lag
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE", stack.reasons
    assert found.state.objects == {}


def late_first_update(found: Fleets, late: float) -> None:
    """Deliver the next Update so much later, and what follows as usual."""
    deliver = found.world.custom.deliver
    held: list[str] = []

    def delayed(event: Json, delay: float) -> None:
        is_first = event["RequestType"] == "Update" and not held
        if is_first:
            held.append(event["RequestId"])
        deliver(event, delay + late if is_first else delay)

    found.world.custom.deliver = delayed


@pytest.mark.parametrize("changes", [{}, {"Retries": "2"}], ids=["document", "settings"])
@pytest.mark.parametrize("late", [6.0, 14.0, 20.0, 45.0])
def test_an_update_that_arrives_while_it_is_rolled_back_is_ignored(
    fleets: Callable[..., Fleets], late: float, changes: Json
) -> None:
    found = fleets(int(late))
    found.scripts(next=FOR_EVER, slow=JobScript(running=60))
    world = found.world
    stack = world.create(found.fleet(2, "slow"))
    world.settle()
    late_first_update(found, late)
    wanted = found.fleet(2, "slow", **changes) if changes else found.fleet(2, "next")
    world.update(stack, wanted, sibling("Other", 5, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert world.sagemaker.live() == []
    assert len(world.sagemaker.accepted()) == 2, "nothing of the cancelled update was started"
    [desired] = [body for key, body in found.state.objects.items() if "desired" in key]
    assert json.loads(desired.body)["retries"] == 1


def test_a_rollback_is_not_taken_for_a_late_update(fleets: Callable[..., Fleets]) -> None:
    """An update there and back, each rolled back once: what is declared stays the same."""
    found = fleets()
    world = found.world
    stack = world.create(found.fleet(2, "a"))
    world.settle()
    for model, fails in [("b", True), ("b", False), ("a", True), ("a", False), ("b", True)]:
        world.update(stack, found.fleet(2, model), sibling("Other", 100, fails=fails))
        world.settle()
        expected = "UPDATE_ROLLBACK_COMPLETE" if fails else "UPDATE_COMPLETE"
        assert stack.phase == expected, (model, stack.reasons)
    assert len(world.sagemaker.accepted()) == 4
    assert found.live_models() == set()


@pytest.mark.parametrize("stack_lag", [0.0, 5.0])
def test_a_delete_that_nobody_sent_leaves_the_fleet_as_it_is(
    fleets: Callable[..., Fleets], stack_lag: float
) -> None:
    found = fleets(switches=Switches(stack_lag=stack_lag))
    found.scripts(m=FOR_EVER)
    world = found.world
    stack = world.create(found.fleet(2, Wait="false"))
    world.settle()
    before = dict(found.state.objects)
    request = next(iter(world.custom.requests.values()))
    world.provider.put = lambda path, body: 200
    world.provider.deliver(
        {
            "RequestType": "Delete", "RequestId": "forged", "StackId": stack.stack_id,
            "LogicalResourceId": "Fleet", "ResourceType": CUSTOM, "ServiceToken": "arn:x",
            "PhysicalResourceId": stack.records["Fleet"].physical_id,
            "ResponseURL": "https://forged.test/", "ResourceProperties": request.properties,
        }
    )  # fmt: skip
    world.settle()
    assert len(world.sagemaker.live()) == 2
    assert found.state.objects == before


@pytest.mark.parametrize(
    "switches",
    [Switches(rows_show_progress=False), Switches(rows_are_timed=False), Switches(rows_lag=25.0)],
    ids=["only at rest", "not timed", "late"],
)
def test_a_fleet_lives_with_a_list_of_resources_that_shows_little(
    fleets: Callable[..., Fleets], switches: Switches
) -> None:
    found = fleets(switches=switches)
    found.scripts(ever=FOR_EVER)
    world = found.world
    stack = world.create(found.fleet(), sibling("Other", 30))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE", stack.reasons
    world.update(stack, found.fleet(3, "next"), sibling("Other", 100, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    world.update(stack, found.fleet(3, "ever", Wait="false"), sibling("Other", 10))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    world.update(stack, sibling("Other", 10))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert world.sagemaker.live() == []
    assert found.state.objects == {}


@pytest.mark.parametrize(
    "seeds",
    [range(24), *(pytest.param(range(n, n + 100), marks=pytest.mark.long) for n in (100, 200))],
    ids=["24", "100", "200"],
)
def test_random_histories_leave_nothing_that_nobody_declares(
    node: NodeProvider, seeds: range
) -> None:
    kind = FleetHistories(node)
    met: Counter[str] = Counter()
    for seed in seeds:
        played = kind.play(Script(seed, steps=12))
        if played.violations:
            pytest.fail(failure(kind, Script(seed, steps=12)))
        met += played.visited
    assert met["jobs"] > len(seeds)
