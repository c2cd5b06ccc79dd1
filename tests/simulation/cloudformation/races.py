"""Two invocations of the handler that race: what each play does, and what must hold after it.

Afterwards both waiters poll on, as the Provider makes them, until nothing changes any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.core.ports import StackResourceView, StackView
from tests.fakes.boto_client import FakeSageMakerClient
from tests.fakes.gateway import (
    FakeArtifacts,
    FakeClock,
    FakeGateway,
    FakeStacks,
    Travel,
    at_once,
)
from tests.fakes.sagemaker import FakeSageMaker, Script
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.interleavings import Interleaving
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.provider_model import HandlerCrash
from tests.simulation.cloudformation.stack import stringified
from tests.simulation.cloudformation.world import Ports

Json = dict[str, Any]
Play = Callable[[Interleaving], None]
STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/app/0a1b2c3d-1-2-3-444455556666"


@dataclass
class Scene:
    """One stack with one resource, and what its requests came to."""

    clock: FakeClock = field(default_factory=FakeClock)
    status: str = "CREATE_IN_PROGRESS"
    updated: datetime | None = None
    physical_id: str = ""
    answers: dict[str, Json | Exception] = field(default_factory=dict)
    events: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sagemaker = FakeSageMaker(self.clock.seconds, script_of=self._script)

    def _script(self, request: Json) -> Script:
        is_quick = request["InputConfig"]["S3Uri"].endswith("/model.tar.gz")
        return Script() if is_quick else FOR_EVER

    def _resources(self, stack_id: str) -> dict[str, StackResourceView]:
        status = self.status.replace("UPDATE_ROLLBACK_IN", "UPDATE_IN")
        return {"Model": StackResourceView(self.physical_id, status)}

    def ports(self, travel: Travel) -> Ports:
        """What an invocation sees."""
        return Ports(
            FakeGateway(self.sagemaker, travel),
            FakeStacks(lambda _: StackView(self.status, self.updated), self._resources, travel),
            FakeArtifacts(self.sagemaker, travel),
            self.clock,
            FakeSageMakerClient(self.sagemaker, travel),
            self.sagemaker,
            travel,
        )

    def begin(self, name: str, event: Json, travel: Travel) -> None:
        """on_event, and the waiter's event of it."""
        answer = our_handler(self.ports(travel), "on_event", event)
        self.events[name] = {**event, **answer}

    def poll(self, name: str, travel: Travel) -> None:
        """One is_complete, unless it is over."""
        if name in self.answers or name not in self.events:
            return
        try:
            answer = our_handler(self.ports(travel), "is_complete", self.events[name])
        except HandlerCrash:  # FAILED goes out, and nobody polls for it any more
            self.answers[name] = RuntimeError("died")
            raise
        except Exception as error:
            self.answers[name] = error
        else:
            if answer["IsComplete"]:
                self.answers[name] = answer

    def poll_on(self, *names: str) -> None:
        """Both waiters, every 20 seconds, for a quarter of an hour."""
        for _ in range(45):
            self.clock.advance(20)
            for name in names:
                self.poll(name, at_once)


def event(kind: str, model: str, **more: Any) -> Json:
    return {
        "RequestType": kind,
        "RequestId": f"{kind}-{model}",
        "StackId": STACK_ID,
        "LogicalResourceId": "Model",
        "ResourceType": "Custom::NeoCompilationJob",
        "ResponseURL": "https://cloudformation.test/secret",
        "ResourceProperties": stringified(neo("Model", model, deadline=600).properties),
        **more,
    }


def cancelled(run: Interleaving) -> None:
    """A Create's poll races with the rollback and the Delete with an id that was made up."""
    scene = Scene()
    scene.begin("create", event("Create", "forever"), at_once)
    delete = event("Delete", "forever", PhysicalResourceId="app-Model-ABC")

    def roll_back(travel: Travel) -> None:
        travel("the stack turns round", lambda: setattr(scene, "status", "ROLLBACK_IN_PROGRESS"))
        scene.begin("delete", delete, travel)
        scene.poll("delete", travel)

    run.run({"create": lambda travel: scene.poll("create", travel), "rollback": roll_back})
    scene.begin(
        "delete",
        scene.events.get("delete", event("Delete", "forever", PhysicalResourceId="app-Model-ABC")),
        at_once,
    )
    scene.poll_on("create", "delete")
    assert scene.sagemaker.live() == [], run.told
    assert len(scene.sagemaker.accepted()) <= 1, run.told
    assert isinstance(scene.answers["delete"], dict), (scene.answers, run.told)


def delivered_twice(run: Interleaving) -> None:
    """Two waiters of one Create poll at the same moment."""
    scene = Scene()
    for name in ("one", "two"):
        scene.begin(name, event("Create", "model"), at_once)
    run.run(
        {
            "one": lambda travel: scene.poll("one", travel),
            "two": lambda travel: scene.poll("two", travel),
        }
    )
    scene.poll_on("one", "two")
    assert len(scene.sagemaker.accepted()) == 1, run.told
    for answer in scene.answers.values():
        assert isinstance(answer, dict), run.told
    ids = {json.dumps(answer, default=str) for answer in scene.answers.values()}
    assert len(ids) == 1, run.told


def updated_and_rolled_back(run: Interleaving) -> None:
    """An Update's poll races with its rollback: the old job stays, the new one ends."""
    scene = Scene()
    scene.begin("create", event("Create", "model"), at_once)
    scene.poll_on("create")
    created = scene.answers["create"]
    assert isinstance(created, dict)
    old = scene.physical_id = str(created["PhysicalResourceId"])
    scene.status, scene.updated = "UPDATE_IN_PROGRESS", scene.clock.now()
    before = event("Create", "model")["ResourceProperties"]
    update = event("Update", "forever", PhysicalResourceId=old, OldResourceProperties=before)
    scene.begin("update", update, at_once)
    back = event(
        "Update",
        "model",
        PhysicalResourceId=old,
        OldResourceProperties=update["ResourceProperties"],
    )

    def roll_back(travel: Travel) -> None:
        travel(
            "the stack turns round",
            lambda: setattr(scene, "status", "UPDATE_ROLLBACK_IN_PROGRESS"),
        )
        scene.begin("rollback", back, travel)
        scene.poll("rollback", travel)

    run.run({"update": lambda travel: scene.poll("update", travel), "rollback": roll_back})
    if "rollback" not in scene.events:
        scene.begin("rollback", back, at_once)
    scene.poll_on("update", "rollback")
    assert scene.sagemaker.live() == [], run.told
    assert len(scene.sagemaker.accepted()) <= 2, run.told
    answer = scene.answers["rollback"]
    assert isinstance(answer, dict), (answer, run.told)
    assert answer["PhysicalResourceId"] == old
    assert {name for name in scene.sagemaker.accepted("Stop")} <= {
        name for name in scene.sagemaker.accepted() if not name.startswith(old)
    }
