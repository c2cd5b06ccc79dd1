"""The deletion of a single job: what it stops, what it leaves alone, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from reconciler.core.contract import ROW_LAG, SETTLE
from reconciler.core.ports import StackResourceView, StackView
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.job.service import JobService
from tests.contract.golden_events import NEW, OLD, event, identity
from tests.fakes.gateway import IN_PROGRESS, FakeArtifacts, FakeGateway, FakeStacks, at_once
from tests.fakes.sagemaker import ApiError, Script
from tests.unit.handler.job.test_metrics import Json, World

Answer = TypeVar("Answer")
LONG = Script(running=200_000)


@dataclass
class FaultyWorld(World):
    """A stack whose calls may fail, and which may show a resource or be forgotten.

    Attributes:
        codes: The error that every call of an operation meets.
        resource: What the stack shows of the resource.
        forgotten: Whether CloudFormation no longer knows the stack.
    """

    codes: dict[str, str] = field(default_factory=dict)
    resource: StackResourceView | None = None
    forgotten: bool = False

    def service(self) -> JobService:
        ports = super().service().ports
        stacks = FakeStacks(self._stack, self._resources, self._travel)
        return JobService(
            replace(
                ports,
                gateway=FakeGateway(self.sagemaker, self._travel),
                artifacts=FakeArtifacts(self.sagemaker, self._travel),
                stacks=stacks,
            )
        )

    def _stack(self, stack_id: str) -> StackView | None:
        return None if self.forgotten else StackView(self.status, None)

    def _resources(self, stack_id: str) -> Mapping[str, StackResourceView]:
        if self.resource is not None:
            return {"Resnet50A1B2": self.resource}
        forward = self.status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
        return IN_PROGRESS if forward else {}

    def _travel(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        if operation in self.codes:
            raise ApiError(self.codes[operation], f"{operation} failed")
        return at_once(operation, commit)

    def delete(
        self, properties: Json, physical_id: str, status: str = "DELETE_IN_PROGRESS"
    ) -> Json:
        """Return a Delete's answer at its end."""
        self.status = status
        return self.run(event("Delete", properties, PhysicalResourceId=physical_id))

    @contextmanager
    def ends_after(self, seconds: float) -> Iterator[None]:
        """Check that what is done takes so long, give or take a minute."""
        began = self.clock.time
        yield
        assert seconds <= self.clock.time - began < seconds + 60


def running() -> tuple[FaultyWorld, str]:
    """A stack whose job runs on, and the job's name."""
    world = FaultyWorld(LONG)
    made = world.create({**OLD, "Wait": "false"})
    world.clock.advance(200)
    return world, made


def live(world: World) -> set[str]:
    return {job.name for job in world.sagemaker.live()}


def test_a_delete_stops_the_running_job_and_deletes_its_record() -> None:
    world, made = running()
    assert world.delete(OLD, made) == {"IsComplete": True}
    assert live(world) == set()
    assert world.sagemaker.accepted("Stop") == world.sagemaker.accepted("Delete") == [made]


def test_a_retained_job_is_stopped_and_its_record_stays() -> None:
    world, made = running()
    world.delete({**OLD, "RemovalPolicy": "retain"}, made)
    assert world.sagemaker.accepted("Stop") == [made]
    assert world.sagemaker.accepted("Delete") == []


def test_a_delete_goes_on_although_cloudformation_has_forgotten_the_stack() -> None:
    world, made = running()
    world.forgotten = True
    assert world.delete(OLD, made) == {"IsComplete": True}
    assert live(world) == set()


def test_a_service_that_is_down_is_waited_for_until_the_deadline() -> None:
    world, made = running()
    world.codes = {"ListCompilationJobs": "ServiceUnavailable"}
    words = f"ListCompilationJobs failed.*The jobs of {made} may still run"
    with world.ends_after(300), pytest.raises(ResourceFailed, match=words):
        world.delete({**OLD, "DeadlineSeconds": "300"}, made)
    assert live(world) == {made}


def test_a_missing_permission_to_stop_fails_the_deletion_once_iam_cannot_lag_any_more() -> None:
    world, made = running()
    world.codes = {"StopCompilationJob": "AccessDeniedException"}
    words = f"StopCompilationJob failed.*Grant.*The jobs of {made} may still run"
    with world.ends_after(120), pytest.raises(ResourceFailed, match=words):
        world.delete(OLD, made)
    world.codes = {}
    assert world.delete(OLD, made) == {"IsComplete": True}
    assert live(world) == set()


def test_a_delete_that_arrives_while_the_resource_is_made_again_changes_nothing() -> None:
    world, made = running()
    world.resource = StackResourceView(made, "UPDATE_IN_PROGRESS")
    assert world.delete(OLD, made, "UPDATE_IN_PROGRESS") == {"IsComplete": True}
    assert live(world) == {made}


def test_the_cleanup_of_a_replaced_job_leaves_the_resources_new_job_alone() -> None:
    world, made = running()
    world.update({**NEW, "Wait": "false"}, OLD, made)
    world.clock.advance(200)
    world.resource = StackResourceView(identity(NEW), "UPDATE_COMPLETE")
    world.delete(OLD, made, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert live(world) == {identity(NEW)}


def test_a_cleanup_after_a_rollback_touches_the_jobs_of_its_own_id_alone() -> None:
    world, made = running()
    world.update({**NEW, "Wait": "false"}, OLD, made)
    world.clock.advance(200)
    world.resource = StackResourceView(identity(NEW), "UPDATE_COMPLETE")
    world.delete(NEW, identity(NEW), "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    assert live(world) == {made}


def test_the_deletion_of_an_invented_id_stops_the_job_and_keeps_its_records() -> None:
    world, made = running()
    world.delete(OLD, "Edge-Resnet50A1B2-1XYZ", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert world.sagemaker.accepted("Stop") == [made]
    assert world.sagemaker.accepted("Delete") == []


def test_a_job_that_cannot_be_told_to_be_ours_is_left_alone() -> None:
    world, made = running()
    (job,) = world.sagemaker.jobs
    job.tags.clear()
    with world.ends_after(SETTLE.total_seconds()):
        assert world.delete(OLD, made) == {"IsComplete": True}
    assert live(world) == {made}


def test_a_job_that_has_just_failed_the_stack_is_deleted_without_waiting_for_a_successor() -> None:
    world = FaultyWorld(Script(outcome="FAILED", reason="ClientError: Unable to untar."))
    with pytest.raises(ResourceFailed, match="untar"):
        world.create(OLD)
    with world.ends_after(0):
        world.delete({**OLD, "RemovalPolicy": "retain"}, identity(OLD))


def test_a_job_failed_by_the_service_is_looked_after_for_a_further_attempt() -> None:
    world = FaultyWorld(Script(outcome="FAILED", reason="InternalServerError: try again"))
    with pytest.raises(ResourceFailed, match="try again"):
        world.create(OLD)
    world.clock.advance(3600)
    with world.ends_after(SETTLE.total_seconds()):
        world.delete({**OLD, "RemovalPolicy": "retain"}, identity(OLD))


def test_a_delete_within_an_update_touches_the_jobs_of_its_own_id_alone() -> None:
    """MiniStack deletes replaced ids so, and does not list what is in progress."""
    world, made = running()
    world.update({**NEW, "Wait": "false"}, OLD, made)
    [other] = live(world) - {made}
    world.resource = StackResourceView("another", "UPDATE_COMPLETE")
    with world.ends_after(ROW_LAG.total_seconds()):
        world.delete({**OLD, "RemovalPolicy": "retain"}, made, "UPDATE_IN_PROGRESS")
    assert live(world) == {other}


def test_a_delete_ends_at_its_deadline_though_a_job_is_being_stopped_for_ever() -> None:
    world = FaultyWorld(Script(running=200_000, stopping=200_000))
    made = world.create({**OLD, "Wait": "false"})
    world.status = "DELETE_IN_PROGRESS"
    given = {**OLD, "DeadlineSeconds": "600"}
    begun = world.begin(event("Delete", given, PhysicalResourceId=made))
    answers = []
    for _ in range(4):
        answers.append(world.poll(begun)["IsComplete"])
        world.clock.advance(200)
    assert answers == [False, False, False, True]
    assert world.sagemaker.accepted("Stop") == [made]
