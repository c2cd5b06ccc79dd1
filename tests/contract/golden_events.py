"""Events as a release received them, with its answers: a contract with every later release.

CloudFormation sends old properties long after an upgrade: on Delete, on rollback, and to waiters
that were under way when the code changed. ``python -m tests.contract.golden_events VERSION``
records the cases below with the present code; a file that exists is never written again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.core.identity import Owner
from reconciler.core.ownership import ownership_tags
from reconciler.core.ports import StackView
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.poll import HandlerPorts
from reconciler.handler.job.properties import decode
from reconciler.handler.job.service import JobService
from tests.contract.privilege.recording import IS_COMPLETE, ON_EVENT, acting, owner_of
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway, FakeStacks
from tests.fakes.sagemaker import FakeSageMaker, Script

FOLDER = Path(__file__).parent / "golden"
STACK = "arn:aws:cloudformation:us-east-1:111122223333:stack/Edge/1a2b3c4d-0000-11f0-8000-0a0a"
UPDATED = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = 1_795_176_000.0


@dataclass(frozen=True, slots=True)
class Case:
    """One call of a handler.

    Attributes:
        status: The stack's status.
        done: Properties of jobs that exist, COMPLETED.
    """

    name: str
    handler: str
    status: str
    event: dict[str, Any]
    done: list[dict[str, Any]]

    def answer(self) -> dict[str, Any]:
        """Return what the handler answers, and which changes it makes."""
        clock = FakeClock(NOW - 3600)
        sagemaker = FakeSageMaker(clock.seconds, script_of=lambda request: Script())
        gateway = FakeGateway(sagemaker)
        for properties in self.done:
            declaration = decode(properties, Owner.of_stack(STACK)).declaration
            name = declaration.identity.attempt(0)
            gateway.create(
                declaration.create_request(str(name), ownership_tags(declaration, name, "past"))
            )
        clock.advance(3600)
        made = len(sagemaker.calls)
        service = JobService(
            HandlerPorts(
                gateway=gateway,
                artifacts=FakeArtifacts(sagemaker),
                stacks=FakeStacks(stack_view=lambda stack_id: StackView(self.status, UPDATED)),
                clock=clock,
                progress=lambda event, **fields: None,
                emit=lambda line: None,
                pause=lambda seconds: None,
            )
        )
        function = ON_EVENT if self.handler == "on_event" else IS_COMPLETE
        stack = self.event["StackId"]
        try:
            with acting(function, owner_of(stack), stack):
                answer = getattr(service, self.handler)(self.event)
        except ResourceFailed as refused:
            answer = {"refused": str(refused)}
        changes = [
            f"{call.operation} {call.name} {call.outcome}"
            for call in sagemaker.calls[made:]
            if call.operation in {"Create", "Stop", "Delete", "AddTags", "DeleteTags"}
        ]
        return {"answer": answer, "changes": changes}


def properties(inputs: str, **more: object) -> dict[str, Any]:
    """Return the properties of a custom resource, as CloudFormation sends them."""
    request = {
        "InputConfig": {
            "S3Uri": "s3://models/resnet.tar.gz",
            "Framework": "ONNX",
            "DataInputConfig": inputs,
        },
        "OutputConfig": {"S3OutputLocation": "s3://artifacts/neo", "TargetDevice": "ml_c5"},
        "StoppingCondition": {},
    }
    document = {
        "schema": 1,
        "logicalName": "Edge/Resnet",
        "request": request,
        "revision": "0a1b2c",
        "exactOutput": False,
        "policy": {"retries": 1},
    }
    return {
        "ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:provider",
        "Declaration": json.dumps(document, separators=(",", ":")),
        "LateBound": {
            "/RoleArn": "arn:aws:iam::111122223333:role/Neo",
            "/StoppingCondition/MaxRuntimeInSeconds": "900",
        },
        "Tags": [{"Key": "team", "Value": "vision"}],
        "RemovalPolicy": "destroy",
        "Wait": "true",
        "DeadlineSeconds": "3300",
        **more,
    }


OLD = properties('{"data":[1,3,224,224]}')
NEW = properties('{"data":[1,3,256,256]}')


def identity(given: dict[str, Any]) -> str:
    """Return the physical id that properties have."""
    return str(decode(given, Owner.of_stack(STACK)).declaration.identity)


def event(request_type: str, given: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return an event as the Provider hands it to on_event."""
    return {
        "RequestType": request_type,
        "RequestId": f"request-{request_type.lower()}",
        "StackId": STACK,
        "LogicalResourceId": "Resnet50A1B2",
        "ResourceType": "Custom::NeoCompilationJob",
        "ResourceProperties": given,
        **more,
    }


def polled(raw: dict[str, Any], status: str, *, after: int = 0) -> dict[str, Any]:
    """Return the event as is_complete gets it: with what on_event answered, some seconds later."""
    answer = Case("", "on_event", status, raw, []).answer()["answer"]
    began = datetime.fromtimestamp(NOW, UTC) - timedelta(seconds=after)
    operation = {
        **answer["Operation"],
        "Began": began.isoformat(),
        "Deadline": (began + timedelta(seconds=3300)).isoformat(),
    }
    return {**raw, **answer, "Operation": operation}


def cases() -> list[Case]:
    """Create, update, delete, rollback and in flight, as they come."""
    create = event("Create", OLD)
    update = event("Update", NEW, PhysicalResourceId=identity(OLD), OldResourceProperties=OLD)
    back = event("Update", OLD, PhysicalResourceId=identity(NEW), OldResourceProperties=NEW)
    delete = event("Delete", OLD, PhysicalResourceId=identity(OLD))
    invented = event("Delete", OLD, PhysicalResourceId="Edge-Resnet50A1B2-1XYZ")
    forward, undo, gone = "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"
    creating = "CREATE_IN_PROGRESS"
    return [
        Case("create begins", "on_event", creating, create, []),
        Case("create polls", "is_complete", creating, polled(create, creating), []),
        Case("create is done", "is_complete", creating, polled(create, creating), [OLD]),
        Case("update begins", "on_event", forward, update, [OLD]),
        Case("update polls", "is_complete", forward, polled(update, forward), [OLD]),
        Case("update in flight is superseded", "is_complete", undo,
             polled(update, forward, after=600), [OLD]),
        Case("rollback brings the old job back", "is_complete", undo, polled(back, undo),
             [OLD, NEW]),
        Case("delete begins", "on_event", gone, delete, [OLD]),
        Case("delete removes the record", "is_complete", gone, polled(delete, gone), [OLD]),
        Case("delete of an invented id looks again", "is_complete", gone,
             polled(invented, gone), []),
        Case("delete of an invented id ends", "is_complete", gone,
             polled(invented, gone, after=120), []),
        Case("a broken declaration can be deleted", "is_complete", gone,
             polled({**delete, "ResourceProperties": {"Declaration": "{"}}, gone, after=120), []),
    ]  # fmt: skip


def record(version: str) -> Path:
    """Write the cases with the present answers. Raises FileExistsError for a version that is."""
    target = FOLDER / f"{version}.json"
    kept = [
        {
            "name": case.name,
            "handler": case.handler,
            "status": case.status,
            "event": case.event,
            "done": case.done,
            **case.answer(),
        }
        for case in cases()
    ]
    with target.open("x", encoding="utf-8") as file:
        json.dump(kept, file, indent=1)
        file.write("\n")
    return target


if __name__ == "__main__":
    print(record(sys.argv[1]))
