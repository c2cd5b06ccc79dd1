"""A fleet's world in virtual time: the service's steps on the in-memory AWS, polled as the
Provider framework polls, every call taking its time and able to fail or to be the last.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Owner
from reconciler.core.objects import Objects, Stored
from reconciler.core.ports import ObjectHead, StackResourceView, StackView, Unavailable
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.schedule import Schedule, ScheduledFleet
from reconciler.handler.fleet.service import FleetService
from reconciler.verification.artifact_verifier import ArtifactVerifier
from tests.contract.privilege.recording import (
    FLEET_IS_COMPLETE,
    FLEET_ON_EVENT,
    SCHEDULE,
    acting,
    record,
)
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway, FakeStacks
from tests.fakes.object_reader import FakeObjectReader
from tests.fakes.objects import FakeObjects
from tests.fakes.sagemaker import Behaviour, FakeSageMaker

Answer = TypeVar("Answer")
Json = dict[str, Any]
GUID = "0a1b2c3d"
ACCOUNT = "111122223333"
STACK = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/app/{GUID}-1-2-3-444455556666"
OWNER = f"f{GUID}abcdef"
ROLE = "arn:aws:iam::111122223333:role/neo-job"
POLL = 20.0


class Crash(BaseException):
    """The sandbox is gone; nothing may catch it."""


@dataclass(slots=True)
class FleetWorld:
    """One account, one stack, one fleet.

    Attributes:
        latency: Seconds that each call takes.
        fault: Called before each call with its name and number; may raise.
        after: Called after each call has been committed; may raise.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    latency: float = 0.05
    fault: Callable[[str, int], None] = lambda operation, number: None
    after: Callable[[str, int], None] = lambda operation, number: None
    clock: FakeClock = field(default_factory=FakeClock)
    verifies: bool = True
    status: str = "CREATE_IN_PROGRESS"
    updated: float | None = None
    resources: dict[str, StackResourceView] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    emitted: list[Json] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    told: list[tuple[str, Json]] = field(default_factory=list)
    models: dict[str, ObjectHead] = field(default_factory=dict)
    sagemaker: FakeSageMaker = field(init=False)
    state: FakeObjects = field(init=False)
    assets: FakeObjects = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.sagemaker = FakeSageMaker(self.clock.seconds, self.behaviour)
        self.state = FakeObjects(self.travel)
        self.assets = FakeObjects(self.travel, name="assets", can_list=False)

    # --- the outside --------------------------------------------------------------------------

    def travel(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        """One call: it takes its time, may be lost before or after it is committed."""
        number = len(self.calls)
        self.calls.append(operation)
        self.clock.advance(self.latency)
        self.fault(operation, number)
        answer = commit()
        self.after(operation, number)
        return answer

    def bucket(self, name: str, owner: str | None = None) -> Objects:
        return {"state": self.state, "assets": self.assets}[name].expecting(owner)

    def ports(self) -> FleetPorts:
        reader = FakeObjectReader(self.sagemaker, self.travel)
        return FleetPorts(
            gateway=FakeGateway(self.sagemaker, self.travel),
            artifacts=FakeArtifacts(self.sagemaker, self.travel, self.models),
            stacks=FakeStacks(self._stack, self._resources, self.travel),
            buckets=self,
            clock=self.clock,
            progress=lambda event, **fields: self.logged.append(f"{event} {fields}"),
            pause=self.clock.advance,
            emit=lambda line: self.emitted.append(json.loads(line)),
            verifier=ArtifactVerifier(reader) if self.verifies else None,
        )

    def service(self) -> FleetService:
        return FleetService(self.ports())

    def _resources(self, stack_id: str) -> dict[str, StackResourceView]:
        """What a test says, or the fleet in the phase that the stack is in."""
        phase = self.status.removesuffix("_CLEANUP_IN_PROGRESS").replace("_ROLLBACK_", "_")
        if phase.startswith("ROLLBACK_"):
            phase = "DELETE_COMPLETE"
        return self.resources or {"Fleet": StackResourceView(OWNER, phase)}

    def _stack(self, stack_id: str) -> StackView | None:
        if not self.status:  # forgotten, long after its deletion
            return None
        moment = FakeClock(self.updated).now() if self.updated is not None else None
        return StackView(self.status, moment)

    # --- what a test does ---------------------------------------------------------------------

    def publish(self, jobs: list[Json], variables: Mapping[str, str] | None = None) -> Json:
        """Put a document where CDK puts assets; the property that names it."""
        text = json.dumps({"schema": 1, "variables": variables or {"role": "text"}, "jobs": jobs})
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.assets.objects[f"{digest}.json"] = Stored(text.encode(), "1")
        return {"Bucket": "assets", "Key": f"{digest}.json", "Digest": digest}

    def properties(self, jobs: list[Json], **more: Any) -> Json:
        """Return the custom resource's properties, as CloudFormation sends them."""
        self.assets.can_list = "Upload" in more  # as the roles may
        return {
            "OwnerSuffix": "abcdef", "Document": self.publish(jobs), "Variables": {"role": ROLE},
            "State": {"Bucket": "state", "Prefix": "neo/"}, "RemovalPolicy": "destroy",
            "Wait": "true", "DeadlineSeconds": "3300", "OnFailure": "fail", "Retries": "1",
            "Prune": "false", "Continues": "false", "Tags": [], **more,
        }  # fmt: skip

    def event(self, kind: str, properties: Json, old: Json | None = None) -> Json:
        """One request of CloudFormation's."""
        return {
            "RequestType": kind, "RequestId": f"request-{next(self._numbers)}", "StackId": STACK,
            "LogicalResourceId": "Fleet", "PhysicalResourceId": "" if kind == "Create" else OWNER,
            "ResourceProperties": properties, "OldResourceProperties": old or {},
        }  # fmt: skip

    def begin(self, event: Json) -> Json:
        """on_event; the event as every poll gets it."""
        with acting(FLEET_ON_EVENT, OWNER, STACK):
            return {**event, **self.service().on_event(event)}

    def poll(self, begun: Json) -> Json:
        """One is_complete."""
        with acting(FLEET_IS_COMPLETE, OWNER, STACK):
            return dict(self.service().is_complete(begun, f"invocation-{next(self._numbers)}"))

    def to_end(self, begun: Json) -> Json:
        """Poll until it is complete; a crashed poll is polled again."""
        for _ in range(400):
            try:
                answer = self.poll(begun)
            except Crash:
                answer = {"IsComplete": False}
            if answer["IsComplete"]:
                return answer
            self.clock.advance(POLL)
        raise AssertionError("never complete")

    def create(self, properties: Json) -> Json:
        """A stack's creation, from beginning to end."""
        self.status = "CREATE_IN_PROGRESS"
        answer = self.to_end(self.begin(self.event("Create", properties)))
        self.status = "CREATE_COMPLETE"
        return answer

    def update(self, properties: Json, old: Json, status: str = "UPDATE_IN_PROGRESS") -> Json:
        """An update (or the one that undoes one), to its end."""
        self.start(status)
        answer = self.to_end(self.begin(self.event("Update", properties, old)))
        self.status = "UPDATE_COMPLETE"
        return answer

    def start(self, status: str) -> None:
        """The stack begins another operation."""
        self.clock.advance(60)
        self.status, self.updated = status, self.clock.time

    def delete(self, properties: Json) -> Json:
        """The stack's deletion."""
        self.start("DELETE_IN_PROGRESS")
        answer = self.to_end(self.begin(self.event("Delete", properties)))
        self.status = "DELETE_COMPLETE"
        return answer

    def schedule(self, *, minutes: float = 14, refresh: bool = False, upload: bool = False) -> Json:
        """One run of the schedule."""
        fleet = ScheduledFleet(
            owner=Owner(OWNER), stack_id=STACK, bucket="state", folder=f"neo/{OWNER}/",
            region="us-east-1", refresh=refresh,
            upload=("assets", "specs.json", ACCOUNT) if upload else None, state_owner=ACCOUNT,
        )  # fmt: skip
        until = FakeClock(self.clock.time + minutes * 60).now()
        run = Schedule(self.ports(), fleet, f"run-{next(self._numbers)}", until, self._tell)
        with acting(SCHEDULE, OWNER, STACK):
            return dict(run.run())

    def _tell(self, subject: str, detail: Mapping[str, object]) -> None:
        record("sns:Publish", "topic")
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            record(action, "key of topic")
        record("events:PutEvents", "bus")
        self.told.append((subject, dict(detail)))

    def manifest(self) -> Manifest:
        """Return what the manifest says now."""
        return Manifest.from_json(self.state.objects[f"neo/{OWNER}/manifest.json"].body)

    def counted(self, action: Callable[[], object]) -> dict[str, int]:
        """Return the calls that an action makes, by operation."""
        before = len(self.calls)
        action()
        made = self.calls[before:]
        return {name: made.count(name) for name in sorted(set(made))}


def job(name: str, model: str = "m", **more: Any) -> Json:
    """Return one job of a document; another model is another compilation."""
    request = {
        "RoleArn": "${var.role}",
        "InputConfig": {
            "S3Uri": f"s3://models/{name}/{model}.tar.gz",
            "DataInputConfig": '{"data":[1,3,224,224]}',
            "Framework": "ONNX",
        },
        "OutputConfig": {"S3OutputLocation": "s3://compiled/out", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 864_000},
    }
    return {"logicalName": name, "request": request, **more}


def jobs(count: int, model: str = "m") -> list[Json]:
    """So many jobs."""
    return [job(f"team/model-{number:04d}", model) for number in range(count)]


def lost(*_: object) -> None:
    """A broken connection."""
    raise Unavailable("ConnectionClosed", "the connection broke")
