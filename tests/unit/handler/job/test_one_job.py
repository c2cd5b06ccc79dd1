"""What the handler of a single job does to jobs: mistakes that other tests would not notice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from reconciler.core.contract import SETTLE
from reconciler.core.plan import Create
from reconciler.core.ports import StackView
from reconciler.engine.execute import Executor
from reconciler.handler.cfn.fence import Baseline, Fence, StackPhase, Superseded
from reconciler.handler.job.create_window import OPEN, ROUND, may_create
from reconciler.handler.job.execute import FencedExecutor
from tests.contract.golden_events import NEW, OLD, event
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway, FakeStacks
from tests.fakes.sagemaker import FakeSageMaker, Script
from tests.unit.core.strategies import a_declaration
from tests.unit.handler.job.test_metrics import World

LONG = Script(running=200_000)


@dataclass
class GoesOn:
    """A stack that rolls back after so many readings."""

    left: int
    readings: list[str] = field(default_factory=list)

    def __call__(self, stack_id: str) -> StackView:
        self.left -= 1
        status = "CREATE_IN_PROGRESS" if self.left >= 0 else "ROLLBACK_IN_PROGRESS"
        self.readings.append(status)
        return StackView(status, None)


def fenced(sagemaker: FakeSageMaker, stack: GoesOn) -> FencedExecutor:
    gateway, artifacts = FakeGateway(sagemaker), FakeArtifacts(sagemaker)
    fence = Fence(
        FakeStacks(stack), "stack", Baseline(StackPhase.FORWARD, ""),
        frozenset({StackPhase.FORWARD}), FakeClock().now(), FakeClock().now(),
    )  # fmt: skip
    executor = Executor(gateway, artifacts, "op-1", "us-east-1")
    return FencedExecutor(executor, fence, lambda event, **fields: None, lambda metric: None)


def test_a_job_that_was_created_while_the_stack_went_on_is_stopped_at_once() -> None:
    sagemaker = FakeSageMaker(FakeClock().seconds, script_of=lambda request: LONG)
    declaration = a_declaration()
    action = Create(declaration, declaration.identity.attempt(0), "declared")
    with pytest.raises(Superseded):
        fenced(sagemaker, GoesOn(left=1)).execute(action)
    assert len(sagemaker.accepted()) == 1
    assert sagemaker.jobs[0].status(FakeClock().time) not in {"STARTING", "INPROGRESS"}


def test_nothing_is_created_once_the_stack_went_on() -> None:
    sagemaker = FakeSageMaker(FakeClock().seconds)
    declaration = a_declaration()
    action = Create(declaration, declaration.identity.attempt(0), "declared")
    with pytest.raises(Superseded):
        fenced(sagemaker, GoesOn(left=0)).execute(action)
    assert sagemaker.accepted() == []


def test_an_update_leaves_the_old_ids_running_job_to_cloudformation() -> None:
    world = World(LONG)
    old_job = world.create({**OLD, "Wait": "false"})
    world.clock.advance(SETTLE.total_seconds())
    world.update({**NEW, "Wait": "false"}, OLD, old_job)
    assert old_job in {job.name for job in world.sagemaker.live()}
    assert len(world.sagemaker.live()) == 2


def test_an_update_of_tags_alone_changes_the_tags_of_the_job() -> None:
    world = World()
    tagged = {**OLD, "Tags": [{"Key": "team", "Value": "a"}, {"Key": "stage", "Value": "x"}]}
    made = world.create(tagged)
    world.clock.advance(3600)
    world.update({**OLD, "Tags": [{"Key": "team", "Value": "b"}]}, tagged, made)
    (job,) = world.sagemaker.jobs
    assert job.tags["team"] == "b"
    assert "stage" not in job.tags


def test_jobs_are_created_in_the_window_of_each_round_and_never_in_its_quiet() -> None:
    assert may_create(timedelta(0))
    assert not may_create(OPEN)
    assert may_create(ROUND)
    assert not may_create(ROUND + OPEN)


def test_a_poll_in_the_quiet_of_a_round_creates_nothing() -> None:
    world = World()
    begun = world.begin(event("Create", OLD))
    world.clock.advance(OPEN.total_seconds())
    assert world.poll(begun) == {"IsComplete": False}
    assert world.sagemaker.accepted() == []
    world.clock.advance((ROUND - OPEN).total_seconds())
    world.poll(begun)
    assert len(world.sagemaker.accepted()) == 1


def test_a_job_that_nobody_waits_for_is_looked_after_for_30_seconds() -> None:
    """The framework may have failed this request unseen, and takes a while for that."""
    world = World(LONG)
    begun = world.begin(event("Create", {**OLD, "Wait": "false"}))
    answers = []
    for _ in range(4):
        answers.append(world.poll(begun)["IsComplete"])
        world.clock.advance(10)
    assert answers == [False, False, False, True]
