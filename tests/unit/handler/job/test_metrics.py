"""The metrics of single jobs: what is told, when, under which dimensions, and what is not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.core.identity import Owner
from reconciler.core.metric_names import NAMESPACE, dimension
from reconciler.core.ports import StackView
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.poll import HandlerPorts
from reconciler.handler.job.properties import decode
from reconciler.handler.job.service import JobService
from tests.contract.golden_events import NEW, OLD, STACK, UPDATED, event
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway, FakeStacks
from tests.fakes.sagemaker import FakeSageMaker, Script

Json = dict[str, Any]
POLL = 20.0


@dataclass
class World:
    """One stack, its handler polled as the framework polls it."""

    script: Script = field(default_factory=Script)
    status: str = "CREATE_IN_PROGRESS"
    clock: FakeClock = field(default_factory=FakeClock)
    lines: list[Json] = field(default_factory=list)
    sagemaker: FakeSageMaker = field(init=False)

    def __post_init__(self) -> None:
        self.sagemaker = FakeSageMaker(self.clock.seconds, script_of=lambda request: self.script)

    def service(self) -> JobService:
        """Return the handler."""
        return JobService(
            HandlerPorts(
                gateway=FakeGateway(self.sagemaker),
                artifacts=FakeArtifacts(self.sagemaker),
                stacks=FakeStacks(stack_view=lambda stack_id: StackView(self.status, UPDATED)),
                clock=self.clock,
                progress=lambda event, **fields: None,
                emit=lambda line: self.lines.append(json.loads(line)),
                pause=lambda seconds: None,
            )
        )

    def begin(self, raw: Json) -> Json:
        """Return the event as every poll gets it."""
        return {**raw, **self.service().on_event(raw)}

    def poll(self, begun: Json) -> Json:
        """Return one poll."""
        return dict(self.service().is_complete(begun))

    def run(self, raw: Json) -> Json:
        """Return one operation to its end."""
        begun = self.begin(raw)
        while not (answer := self.poll(begun))["IsComplete"]:
            self.clock.advance(POLL)
        return answer

    def create(self, given: Json) -> str:
        """Return a Create; the physical id."""
        return str(self.run(event("Create", given))["PhysicalResourceId"])

    def update(self, given: Json, old: Json, physical_id: str) -> None:
        """An Update."""
        self.status = "UPDATE_IN_PROGRESS"
        more = {"PhysicalResourceId": physical_id, "OldResourceProperties": old}
        self.run(event("Update", given, **more))

    def told(self) -> dict[str, float]:
        """Return everything told of the stack since the last time, summed."""
        sums: dict[str, float] = {}
        for line in self.lines:
            [declared] = line["_aws"]["CloudWatchMetrics"]
            for metric in declared["Metrics"]:
                name = metric["Name"] + (f"/{line['Class']}" if "Class" in line else "")
                sums[name] = sums.get(name, 0) + line[metric["Name"]]
        self.lines.clear()
        return sums


def test_a_compilation_is_told_when_it_begins_and_when_it_is_done_with_its_seconds() -> None:
    world = World()
    world.create(OLD)
    assert world.told() == {"JobsCreated": 1, "JobsCompleted": 1, "CompileSeconds": 60}


def test_what_is_kept_is_not_told_again() -> None:
    world = World()
    made = world.create(OLD)
    world.told()
    world.clock.advance(3600)
    world.update({**OLD, "Tags": [{"Key": "team", "Value": "edge"}]}, OLD, made)
    assert world.told() == {}


def test_a_failure_is_told_once_with_its_class() -> None:
    world = World(Script(outcome="FAILED", reason="ClientError: Unable to untar input model."))
    with pytest.raises(ResourceFailed, match="untar"):
        world.create(OLD)
    assert world.told() == {"JobsCreated": 1, "JobsFailed": 1, "FailuresByClass/input": 1}


def test_a_refused_declaration_is_a_failure_of_its_own_class() -> None:
    world = World()
    with pytest.raises(ResourceFailed):
        world.create({**OLD, "Declaration": "{"})
    assert world.told() == {"JobsFailed": 1, "FailuresByClass/refused": 1}


def test_a_deadline_tells_what_was_stopped() -> None:
    world = World(Script(running=9e9))
    with pytest.raises(ResourceFailed, match="Timed out after"):
        world.create({**OLD, "DeadlineSeconds": "120"})
    assert world.told() == {
        "JobsCreated": 1, "JobsStopped": 1, "JobsFailed": 1, "FailuresByClass/deadline": 1,
    }  # fmt: skip


def test_an_update_whose_job_is_gone_finds_drift() -> None:
    world = World()
    made = world.create(OLD)
    world.told()
    world.clock.advance(3600)
    world.sagemaker.delete_compilation_job(made)
    world.update({**OLD, "Tags": []}, OLD, made)
    assert world.told() == {
        "JobsCreated": 1, "DriftFound": 1, "JobsCompleted": 1, "CompileSeconds": 60,
    }  # fmt: skip


def test_a_changed_declaration_is_no_drift() -> None:
    world = World()
    made = world.create(OLD)
    world.told()
    world.clock.advance(3600)
    world.update(NEW, OLD, made)
    assert "DriftFound" not in world.told()


def test_an_operation_that_was_superseded_has_not_failed() -> None:
    world = World(Script(running=9e9))
    begun = world.begin(event("Create", OLD))
    world.poll(begun)
    world.clock.advance(600)
    world.status = "ROLLBACK_IN_PROGRESS"
    assert not world.poll(begun)["IsComplete"]
    world.status = "ROLLBACK_COMPLETE"
    with pytest.raises(ResourceFailed, match="went on to another operation"):
        world.poll(begun)
    assert world.told() == {"JobsCreated": 1, "JobsStopped": 1}


def test_a_compilation_that_nobody_asks_for_any_more_is_not_told_again_and_again() -> None:
    world = World()
    begun = world.begin(event("Create", OLD))
    world.poll(begun)
    world.clock.advance(600)
    world.status = "ROLLBACK_IN_PROGRESS"
    for _ in range(5):
        assert not world.poll(begun)["IsComplete"]
        world.clock.advance(POLL)
    assert world.told() == {"JobsCreated": 1}


def test_every_line_is_of_the_stack_and_of_the_job_and_declares_what_it_holds() -> None:
    world = World()
    world.create(OLD)
    assert world.lines
    for line in world.lines:
        [declared] = line["_aws"]["CloudWatchMetrics"]
        assert declared["Namespace"] == NAMESPACE
        assert declared["Dimensions"] == [["Stack"], ["Stack", "Job"]]
        assert (line["Stack"], line["Job"]) == ("Edge", "Edge/Resnet")
        names = {metric["Name"] for metric in declared["Metrics"]}
        assert line.keys() == {"_aws", "Stack", "Job", *names}


def test_no_dimension_is_a_name_that_a_changed_job_changes() -> None:
    world = World()
    identity = decode(OLD, Owner.of_stack(STACK)).declaration.identity
    world.create(OLD)
    assert identity.id not in json.dumps(world.lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [("App/Net", "App/Net"), ("Straße", "Stra?e"), (" :x ", "x"), ("ü", "?"), ("", "?"),
     ("a" * 300, "a" * 255), ("a\nb", "a?b")],
)  # fmt: skip
def test_a_dimension_is_what_cloudwatch_takes(name: str, value: str) -> None:
    assert dimension(name) == value
