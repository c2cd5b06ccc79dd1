"""A fleet's operations cut short: deadlines, another actor at work, state out of reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.core.ports import Denied
from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.sagemaker import ApiError, Script
from tests.simulation.fleet.world import OWNER, Crash, FleetWorld, Json, jobs

LONG = Script(running=200_000)
DESIRED = f"neo/{OWNER}/desired.json"


def unavailable(*operations: str) -> Callable[[str, int], None]:
    """A service that is down."""

    def fault(operation: str, number: int) -> None:
        if operation in operations:
            raise ApiError("ServiceUnavailable", f"{operation} is down")

    return fault


def denied(*operations: str) -> Callable[[str, int], None]:
    """A permission on the state's bucket that is missing for good."""

    def fault(operation: str, number: int) -> None:
        if operation in operations:
            raise Denied("AccessDenied", f"not authorized: s3:{operation}")

    return fault


def once(action: Callable[[], object], operation: str) -> Callable[[str, int], None]:
    """Something that happens just before the next call of an operation."""
    due = [action]

    def fault(called: str, number: int) -> None:
        if called == operation and due:
            due.pop()()

    return fault


def deployed(count: int = 3, **more: str) -> tuple[FleetWorld, Json]:
    """A fleet whose jobs run on, and its properties."""
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    properties = world.properties(jobs(count), Wait="false", **more)
    world.create(properties)
    return world, properties


def test_a_deployment_that_cannot_read_the_account_times_out_with_the_services_words() -> None:
    world = FleetWorld()
    world.fault = unavailable("ListCompilationJobs")
    began = world.clock.time
    with pytest.raises(
        ResourceFailed, match=r"Timed out at the deadline: .*ListCompilationJobs is down"
    ):
        world.create(world.properties(jobs(3)))
    assert 3300 <= world.clock.time - began < 3400
    assert world.sagemaker.accepted() == []


def test_a_rollback_that_cannot_read_the_account_ends_at_its_deadline_and_succeeds() -> None:
    world, first = deployed()
    world.fault = unavailable("ListCompilationJobs")
    began = world.clock.time
    second = world.properties(jobs(4), Wait="false")
    answer = world.update(first, second, status="UPDATE_ROLLBACK_IN_PROGRESS")
    assert answer == {"IsComplete": True, "PhysicalResourceId": OWNER}
    assert 3300 <= world.clock.time - began < 3500


def test_state_that_may_not_be_read_fails_the_deployment_once_iam_cannot_lag_any_more() -> None:
    world = FleetWorld()
    world.fault = denied("GetObject")
    began = world.clock.time
    with pytest.raises(ResourceFailed, match=rf"s3:GetObject.* Grant .*\(fleet {OWNER}\)"):
        world.create(world.properties(jobs(3)))
    assert 120 <= world.clock.time - began < 200


def test_a_deployment_waits_for_the_lease_of_a_schedule_that_died() -> None:
    world, first = deployed()
    sent = len(world.sagemaker.calls)

    def dies(operation: str, number: int) -> None:
        if "List" in [call.operation for call in world.sagemaker.calls[sent:]]:
            raise Crash(operation)

    world.fault = dies
    with pytest.raises(Crash):
        world.schedule()
    world.fault = lambda operation, number: None
    world.start("UPDATE_IN_PROGRESS")
    begun = world.begin(world.event("Update", world.properties(jobs(1), Wait="false"), first))
    seen = len(world.sagemaker.calls)
    assert world.poll(begun) == {"IsComplete": False}
    assert len(world.sagemaker.calls) == seen, "it touches no job while the lease is held"
    assert world.to_end(begun)["Data"]["Total"] == "1"
    assert len(world.sagemaker.live()) == 1


def test_a_delete_that_cannot_read_the_account_says_at_the_deadline_what_may_still_run() -> None:
    world, properties = deployed()
    world.fault = unavailable("ListCompilationJobs")
    began = world.clock.time
    with pytest.raises(
        ResourceFailed, match=f"ListCompilationJobs is down.* Jobs of {OWNER} may still run"
    ):
        world.delete(properties)
    assert 3300 <= world.clock.time - began < 3500


@pytest.mark.parametrize("operation", ["DeleteObject", "GetObject"])
def test_a_delete_ends_every_job_although_the_state_is_out_of_reach(operation: str) -> None:
    world, properties = deployed()
    world.fault = denied(operation)
    assert world.delete(properties) == {"IsComplete": True}
    assert world.sagemaker.live() == []
    assert DESIRED in world.state.objects
    assert any(f"s3:{operation}" in line for line in world.logged if "state not deleted" in line)


def test_a_delete_ends_once_an_operation_that_began_while_it_looked_has_the_fleet() -> None:
    world, properties = deployed()
    world.start("DELETE_IN_PROGRESS")
    delete = world.begin(world.event("Delete", properties))

    def made_again() -> None:
        world.status = "UPDATE_IN_PROGRESS"
        world.updated = world.clock.time
        world.clock.advance(1)
        world.poll(world.begin(world.event("Update", properties, properties)))
        world.status = "DELETE_IN_PROGRESS"

    world.fault = once(made_again, "DescribeStacks")
    assert world.poll(delete) == {"IsComplete": False}
    assert len(world.sagemaker.live()) == 3, "the later operation has them now"
    assert world.poll(delete) == {"IsComplete": True}
    assert len(world.sagemaker.live()) == 3
    assert DESIRED in world.state.objects


def test_a_delete_of_a_stack_that_cloudformation_has_forgotten_stops_everything() -> None:
    world, properties = deployed()
    world.start("DELETE_IN_PROGRESS")
    delete = world.begin(world.event("Delete", properties))
    world.status = ""
    assert world.to_end(delete) == {"IsComplete": True}
    assert world.sagemaker.live() == []
    assert world.state.objects == {}


def test_more_records_than_one_poll_can_delete_are_deleted_by_the_next_ones() -> None:
    world = FleetWorld()
    properties = world.properties(jobs(60))
    world.create(properties)
    world.latency = 1.5
    world.start("DELETE_IN_PROGRESS")
    delete = world.begin(world.event("Delete", properties))
    assert world.poll(delete) == {"IsComplete": False}
    assert 0 < len(world.sagemaker.accepted("Delete")) < 60
    assert "finished records are still to be deleted" in world.logged[-1]
    assert world.to_end(delete) == {"IsComplete": True}
    assert len(world.sagemaker.accepted("Delete")) == 60


def test_a_waiter_whose_stack_went_on_stops_what_it_began_as_soon_as_the_service_answers() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: LONG
    begun = world.begin(world.event("Create", world.properties(jobs(3))))
    world.poll(begun)
    world.start("ROLLBACK_COMPLETE")
    world.fault = unavailable("ListCompilationJobs")
    assert world.poll(begun) == {"IsComplete": False}
    assert len(world.sagemaker.live()) == 3
    world.fault = lambda operation, number: None
    with pytest.raises(ResourceFailed, match="what this one started was stopped"):
        world.to_end(begun)
    assert world.sagemaker.live() == []


def test_a_waiter_whose_stack_went_on_and_whose_generation_is_gone_writes_no_other() -> None:
    world, first = deployed()
    world.start("UPDATE_IN_PROGRESS")
    second = world.properties(jobs(4), Wait="false")
    begun = world.begin(world.event("Update", second, first))
    world.poll(begun)
    del world.state.objects[DESIRED]
    world.status, world.updated = "UPDATE_ROLLBACK_IN_PROGRESS", world.clock.time
    with pytest.raises(ResourceFailed, match="another operation, which has the fleet now"):
        world.poll(begun)
    assert DESIRED not in world.state.objects
