"""When an operation began, and how long it has been under way, by clocks that may be wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reconciler.handler.cfn.event import Event, Timing
from reconciler.handler.cfn.fence import CLOCK_SKEW
from reconciler.handler.cfn.poll import Poll
from tests.contract.golden_events import NEW, OLD, UPDATED, event
from tests.unit.handler.job.test_metrics import World

UPDATE = event("Update", NEW, PhysicalResourceId="x", OldResourceProperties=OLD)


def begun(seconds: float) -> tuple[World, dict[str, Any]]:
    """Begin an update so many seconds after its stack's, by the function's clock."""
    world = World(status="UPDATE_IN_PROGRESS")
    world.clock.time = UPDATED.timestamp() + seconds
    return world, world.begin(UPDATE)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 4.0, 3600.0, -700.0])
def test_an_operation_begins_when_its_request_is_received(seconds: float) -> None:
    _, raw = begun(seconds)
    assert Timing.of(raw).began - UPDATED == timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [-0.5, -4.0, -300.0])
def test_a_clock_that_is_behind_is_corrected_by_the_stacks_last_update(seconds: float) -> None:
    _, raw = begun(seconds)
    assert Timing.of(raw).began - UPDATED == CLOCK_SKEW


def test_an_operation_is_under_way_for_no_time_while_the_clock_is_behind() -> None:
    world, raw = begun(-300.0)
    poll = Poll(Event.parse(raw), Timing.of(raw), world.service().ports)
    assert poll.elapsed() == timedelta()
    world.clock.advance(300 + CLOCK_SKEW.total_seconds() + 7)
    assert poll.elapsed() == timedelta(seconds=7)
