"""What the function logs of one operation: the lines that somebody reads when it went wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from reconciler.core.contract import ROW_LAG
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase
from reconciler.handler.job.service import JobService
from tests.contract.golden_events import NEW, OLD, event, identity
from tests.unit.handler.job.test_remove import LONG, FaultyWorld

NAME = identity(OLD)


@dataclass
class LoggedWorld(FaultyWorld):
    """A stack whose function's log is kept."""

    log: list[dict[str, Any]] = field(default_factory=list)

    def service(self) -> JobService:
        def progress(event: str, **fields: object) -> None:
            self.log.append({"event": event, **fields})

        return JobService(replace(super().service().ports, progress=progress))

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the fields of each line of this event."""
        return [
            {key: value for key, value in line.items() if key != "event"}
            for line in self.log
            if line["event"] == event
        ]


def test_a_create_logs_its_beginning_its_action_and_what_it_waits_for() -> None:
    world = LoggedWorld()
    world.create(OLD)
    raw = event("Create", OLD)
    events = [line["event"] for line in world.log]
    assert events[:2] == ["operation begins", "applying"]
    assert set(events[2:]) == {"pending"}
    [begun] = world.logged("operation begins")
    assert begun == {
        "request_type": "Create", "request_id": raw["RequestId"],
        "logical_id": raw["LogicalResourceId"], "phase": StackPhase.FORWARD,
    }  # fmt: skip
    [applied] = world.logged("applying")
    assert applied == {"action": "create", "job": NAME, "reason": "declared, does not exist"}
    first, second, *_ = world.logged("pending")
    assert first == {
        "request_id": raw["RequestId"], "reason": f"{NAME}: declared, does not exist",
    }  # fmt: skip
    assert second["reason"] in {f"{NAME}: it is STARTING", f"{NAME}: it is INPROGRESS"}


def test_a_job_that_is_stopped_at_the_deadline_is_named() -> None:
    world = LoggedWorld(LONG)
    with pytest.raises(ResourceFailed):
        world.create({**OLD, "DeadlineSeconds": "300"})
    assert world.logged("stopping") == [{"job": NAME}]


def test_a_setting_that_takes_effect_later_is_noted() -> None:
    world = LoggedWorld()
    made = world.create(OLD)
    role = {"LateBound": {**OLD["LateBound"], "/RoleArn": "arn:aws:iam::111122223333:role/Other"}}
    world.update({**OLD, **role}, OLD, made)
    assert {line["job"] for line in world.logged("note")} == {made}
    assert all("RoleArn" in line["note"] for line in world.logged("note"))


def test_a_name_in_use_is_logged_with_the_services_code() -> None:
    world = LoggedWorld()
    world.codes = {"CreateCompilationJob": "ResourceInUse"}
    with pytest.raises(ResourceFailed):
        world.create({**OLD, "DeadlineSeconds": "120"})
    assert world.logged("name in use")[0] == {"job": NAME, "code": "ResourceInUse"}


def test_a_delete_that_comes_late_is_logged_and_ends() -> None:
    world = LoggedWorld(LONG)
    made = world.create({**OLD, "Wait": "false"})
    world.clock.advance(ROW_LAG.total_seconds() * 10)
    raw = event("Delete", OLD, PhysicalResourceId=made)
    assert world.delete(OLD, made, status="UPDATE_COMPLETE") == {"IsComplete": True}
    assert world.logged("late delete ignored") == [{"request_id": raw["RequestId"]}]
    [waiting] = {line["reason"] for line in world.logged("pending") if "deleted" in line["reason"]}
    expected = "the stack is UPDATE_COMPLETE, so nothing is deleted now: looking again"
    assert waiting == expected
    assert len(world.sagemaker.live()) == 1


def test_an_update_logs_the_action_on_the_new_job() -> None:
    world = LoggedWorld()
    made = world.create(OLD)
    world.log.clear()
    world.update(NEW, OLD, made)
    assert [line["job"] for line in world.logged("applying")] == [identity(NEW)]
