"""Updates of fleets as users seldom make them: each keeps what the stack holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from tests.simulation.cloudformation.conftest import node as node
from tests.simulation.cloudformation.stack import Stack, sibling
from tests.simulation.fleet.stacks import FOR_EVER, Fleets
from tests.simulation.fleet.test_in_cloudformation import fleets as fleets
from tests.simulation.fleet.world import FleetWorld, jobs


def created(found: Fleets) -> Stack:
    stack = found.world.create(found.fleet(2))
    found.world.settle()
    assert stack.phase == "CREATE_COMPLETE", stack.reasons
    return stack


@pytest.mark.parametrize("fails", [False, True])
def test_a_fleet_whose_logical_id_changes_keeps_its_jobs(
    fleets: Callable[..., Fleets], fails: bool
) -> None:
    """CloudFormation deletes the old logical id, or the new one, with the id that both have."""
    found = fleets()
    found.scripts(m=FOR_EVER)
    stack = found.world.create(found.fleet(2, Wait="false"))
    found.world.settle()
    renamed = dataclasses.replace(found.fleet(2, Wait="false"), logical_id="Renamed")
    found.world.update(stack, renamed, sibling("Other", 100, fails=fails))
    found.world.settle()
    assert stack.phase == ("UPDATE_ROLLBACK_COMPLETE" if fails else "UPDATE_COMPLETE")
    assert len(found.world.sagemaker.live()) == len(found.world.sagemaker.accepted()) == 2


def test_a_rollback_over_two_failed_updates_ends_where_they_began(
    fleets: Callable[..., Fleets],
) -> None:
    found = fleets()
    stack = created(found)
    cloudformation = found.world.cloudformation
    for model, seconds in (("next", 200), ("third", 210)):
        failing = (found.fleet(2, model), sibling("Other", seconds, fails=True))
        cloudformation.update_stack(stack, failing, no_rollback=True)
        found.world.settle()
        assert stack.phase == "UPDATE_FAILED"
    cloudformation.roll_back_stack(stack)
    found.world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert len(found.world.sagemaker.accepted()) == 6


@pytest.mark.parametrize("forgets", ["everything", "what was declared"])
def test_a_rollback_ends_though_the_state_does_not_say_what_was_before(
    fleets: Callable[..., Fleets], forgets: str
) -> None:
    """It was deleted by hand, or an earlier version wrote it."""
    found = fleets()
    stack = created(found)
    if forgets == "everything":
        found.state.objects.clear()
    else:
        [key] = [key for key in found.state.objects if "desired" in key]
        stored = found.state.objects[key]
        body = stored.body.replace(b'"declared"', b'"unknown"')
        found.state.objects[key] = dataclasses.replace(stored, body=body)
    found.world.update(stack, found.fleet(2, "next"), sibling("Other", 200, fails=True))
    found.world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert len(found.world.sagemaker.accepted()) == 4


def test_jobs_that_nobody_waits_for_are_looked_after_for_30_seconds() -> None:
    """The framework may have failed this request unseen, and takes a while for that."""
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: FOR_EVER
    began = world.clock.time
    begun = world.begin(world.event("Create", world.properties(jobs(2), Wait="false")))
    while not world.poll(begun)["IsComplete"]:
        world.clock.advance(5)
    assert 30 <= world.clock.time - began < 60
