"""Several actors at one fleet: crashes at every call, late and double deliveries, old waiters."""

from __future__ import annotations

import pytest

from reconciler.core.contract import ACCEPTED
from reconciler.core.ports import Denied
from reconciler.engine.act import BATCH
from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.sagemaker import Script
from tests.simulation.fleet.world import Crash, FleetWorld, job, jobs

LONG = Script(running=200_000)


def crashing(world: FleetWorld, at: int, *, committed: bool) -> None:
    """The sandbox dies at one call, before or after it is committed."""

    def crash(operation: str, number: int) -> None:
        if number == at:
            raise Crash(operation)

    if committed:
        world.after = crash
    else:
        world.fault = crash


def life(world: FleetWorld) -> None:
    """Create, a changing update, its rollback, and deletion."""
    first = world.properties(jobs(4))
    world.create(first)
    second = world.properties([*jobs(3), job("team/model-0003", "other"), job("more")])
    world.update(second, first)
    world.update(first, second, status="UPDATE_ROLLBACK_IN_PROGRESS")
    assert world.manifest().counts.completed == 4
    world.delete(first)


def test_a_crash_before_or_after_any_call_creates_nothing_twice_and_leaves_nothing() -> None:
    quiet = FleetWorld()
    life(quiet)
    tried = 0
    for at in range(len(quiet.calls)):
        if quiet.calls[at] == "DescribeStacks" and quiet.calls[at - 1] == "DescribeStacks":
            continue
        for committed in (False, True):
            world = FleetWorld()
            crashing(world, at, committed=committed)
            try:
                life(world)
            except Crash:  # in on_event, which changes nothing: CloudFormation sends it again
                continue
            tried += 1
            accepted = world.sagemaker.accepted()
            assert len(accepted) == len(set(accepted)), (at, quiet.calls[at], committed)
            assert len(accepted) == len(quiet.sagemaker.accepted()), (at, quiet.calls[at])
            assert world.sagemaker.live() == []
            assert world.state.objects == {}
    assert tried > 150


def test_two_waiters_of_one_request_create_nothing_twice() -> None:
    world = FleetWorld()
    begun = world.begin(world.event("Create", world.properties(jobs(10))))
    for _ in range(20):
        first, second = world.poll(begun), world.poll(begun)
        world.clock.advance(20)
    assert first["IsComplete"]
    assert second["IsComplete"]
    assert len(world.sagemaker.accepted()) == 10


def test_a_poll_of_an_older_operation_changes_nothing() -> None:
    world = FleetWorld()
    first = world.properties(jobs(3))
    world.create(first)
    world.start("UPDATE_IN_PROGRESS")
    old = world.begin(world.event("Update", world.properties(jobs(3, "b")), first))
    world.clock.advance(1)
    new = world.begin(world.event("Update", world.properties(jobs(3, "c")), first))
    world.to_end(new)
    before = len(world.sagemaker.calls)
    with pytest.raises(ResourceFailed, match="later operation"):
        world.poll(old)
    assert len(world.sagemaker.calls) == before


def test_an_operation_waits_for_the_lease_of_an_actor_that_died() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    properties = world.properties(jobs(30), Wait="false")
    begun = world.begin(world.event("Create", properties))
    creates = 0

    def dies(operation: str, number: int) -> None:
        nonlocal creates
        creates += operation == "CreateCompilationJob"
        if creates == 12:
            raise Crash(operation)

    world.fault = dies
    with pytest.raises(Crash):
        world.poll(begun)
    world.fault = lambda operation, number: None
    world.start("ROLLBACK_IN_PROGRESS")
    delete = world.begin(world.event("Delete", properties))
    died, seen = world.clock.time - 60, len(world.sagemaker.calls)
    assert world.poll(delete) == {"IsComplete": False}
    assert len(world.sagemaker.calls) == seen, "it waits for the lease before it looks"
    world.to_end(delete)
    assert world.clock.time - died > 120 + 90, "and until every create must be visible"
    assert world.sagemaker.live() == []
    with pytest.raises(ResourceFailed):
        world.to_end(begun)
    assert len(world.sagemaker.accepted()) == 11


def test_where_no_delete_follows_a_failed_create_its_own_waiter_stops_everything() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    begun = world.begin(world.event("Create", world.properties(jobs(5))))
    world.poll(begun)
    assert len(world.sagemaker.live()) == 5
    world.start("ROLLBACK_IN_PROGRESS")
    assert world.poll(begun) == {"IsComplete": False}
    assert len(world.sagemaker.live()) == 5, "a Delete usually follows"
    world.status = "ROLLBACK_COMPLETE"
    with pytest.raises(ResourceFailed, match="was stopped"):
        world.to_end(begun)
    assert world.sagemaker.live() == []


def test_a_second_waiter_after_success_leaves_the_fleet_alone() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    properties = world.properties(jobs(5), Wait="false")
    begun = world.begin(world.event("Create", properties))
    world.to_end(begun)
    world.status = "CREATE_COMPLETE"
    with pytest.raises(ResourceFailed, match="stays as this operation declared it"):
        world.poll(begun)
    assert len(world.sagemaker.live()) == 5


def test_a_pass_ends_with_its_batch_when_the_stack_goes_on() -> None:
    world = FleetWorld()
    begun = world.begin(world.event("Create", world.properties(jobs(3 * BATCH))))

    def roll_back(operation: str, number: int) -> None:
        if operation == "CreateCompilationJob":
            world.status = "ROLLBACK_IN_PROGRESS"

    world.after = roll_back
    assert world.poll(begun) == {"IsComplete": False}
    assert len(world.sagemaker.accepted()) == BATCH, "the others are never asked for"


def test_jobs_that_are_not_waited_for_are_confirmed_before_success_is_reported() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    began = world.clock.time
    world.create(world.properties(jobs(2), Wait="false"))
    assert ACCEPTED.total_seconds() <= world.clock.time - began < 60
    assert len(world.sagemaker.live()) == 2


def test_a_delete_waits_for_iam_before_it_does_without_the_state() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    properties = world.properties(jobs(2), Wait="false")
    world.create(properties)
    world.start("DELETE_IN_PROGRESS")
    begun = world.begin(world.event("Delete", properties))

    def denied(operation: str, number: int) -> None:
        if operation == "PutObject":
            raise Denied("AccessDenied", "not authorized to perform: s3:PutObject")

    world.fault = denied
    assert world.poll(begun) == {"IsComplete": False}
    assert len(world.sagemaker.live()) == 2, "another actor may hold the lease"
    world.fault = lambda operation, number: None
    world.clock.advance(20)
    assert world.to_end(begun) == {"IsComplete": True}
    assert world.sagemaker.live() == []
    assert world.state.objects == {}
