"""Updates of fleets that arrive while they are rolled back already, and look like the rollback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulation.cloudformation.conftest import node as node
from tests.simulation.cloudformation.faults import Switches
from tests.simulation.cloudformation.stack import sibling
from tests.simulation.fleet.stacks import FOR_EVER, Fleets
from tests.simulation.fleet.test_in_cloudformation import fleets as fleets
from tests.simulation.fleet.test_in_cloudformation import late_first_update
from tests.simulation.fleet.world import ROLE, Json

CANCELLED = 5
"""Seconds after which a sibling of the fleet fails."""
OTHER_ROLE = {"Variables": {"role": f"{ROLE}Other"}}


@pytest.mark.parametrize("wait", ["true", "false"])
@pytest.mark.parametrize("late", [6.0, 8.0, 14.0, 20.0, 45.0, 90.0])
def test_an_update_of_values_alone_that_arrives_in_its_rollback_is_ignored(
    fleets: Callable[..., Fleets], late: float, wait: str
) -> None:
    found = fleets(int(late))
    world = found.world
    if wait == "false":
        found.scripts(m=FOR_EVER)
    stack = world.create(found.fleet(2, Wait=wait))
    world.settle()
    late_first_update(found, late)
    changed: Json = {"Wait": wait, **OTHER_ROLE}
    world.update(stack, found.fleet(2, **changed), sibling("Other", CANCELLED, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert len(world.sagemaker.accepted()) == 2
    assert found.live_models() == ({"m"} if wait == "false" else set())


def test_an_update_of_values_alone_is_rolled_back_and_tried_again(
    fleets: Callable[..., Fleets],
) -> None:
    found = fleets()
    world = found.world
    stack = world.create(found.fleet(2))
    world.settle()
    for fails in (True, True, False, True):
        more: Json = {} if stack.phase == "UPDATE_COMPLETE" else OTHER_ROLE
        world.update(stack, found.fleet(2, **more), sibling("Other", 100, fails=fails))
        world.settle()
        expected = "UPDATE_ROLLBACK_COMPLETE" if fails else "UPDATE_COMPLETE"
        assert stack.phase == expected, stack.reasons
    assert len(world.sagemaker.accepted()) == 2


@pytest.mark.parametrize("seed", [6, 24])
@pytest.mark.parametrize("late", [*(CANCELLED + number / 4 for number in range(12)), 20.0, 60.0])
def test_an_update_there_and_back_that_arrives_in_its_rollback_ends_where_it_began(
    fleets: Callable[..., Fleets], late: float, seed: int
) -> None:
    """For a second it cannot be told from its rollback; what it stops then is started again."""
    found = fleets(seed)
    found.scripts(second=FOR_EVER)
    world = found.world
    stack = world.create(found.fleet(2, "first"))
    world.settle()
    world.update(stack, found.fleet(2, "second", Wait="false"))
    world.settle()
    late_first_update(found, late)
    world.update(stack, found.fleet(2, "first"), sibling("Other", CANCELLED, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert found.live_models() == {"second"}
    assert len(world.sagemaker.live()) == 2
    if late >= CANCELLED + 2:
        assert len(world.sagemaker.accepted()) == 4


@pytest.mark.parametrize("lag", [3.0, 5.0])
def test_a_rollback_ends_though_the_stack_was_read_as_it_was_before(
    fleets: Callable[..., Fleets], lag: float
) -> None:
    for seed in range(12):
        found = fleets(seed, switches=Switches(stack_lag=lag, rows_lag=lag))
        stack = found.world.create(found.fleet(2))
        found.world.settle()
        found.world.update(stack, found.fleet(2, "next"), sibling("Other", 200, fails=True))
        found.world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", (seed, stack.reasons)
        assert len(found.world.sagemaker.accepted()) == 4
        found.world.close()
