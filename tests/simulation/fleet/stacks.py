"""Fleets in stacks: their handler in the model of CloudFormation, behind the real Provider."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reconciler.core.objects import Stored
from reconciler.core.ports import Denied, PortError, Throttled, Unavailable, WriteConflict
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.service import FleetService
from tests.contract.privilege.recording import FLEET_IS_COMPLETE, FLEET_ON_EVENT, acting, owner_of
from tests.fakes.objects import FakeObjects
from tests.fakes.sagemaker import ApiError, Script
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.provider_model import Settings
from tests.simulation.cloudformation.stack import CUSTOM, Resource
from tests.simulation.cloudformation.world import Ports as WorldPorts
from tests.simulation.cloudformation.world import World
from tests.simulation.fleet.world import ROLE, Json, jobs

Answer = TypeVar("Answer")
FOR_EVER = Script(running=720_000)
SLOW_LAMBDA = Settings(handler_timeout=600)


@dataclass
class Fleets:
    """A world with a fleet's handler in it."""

    node: NodeProvider
    seed: int = 1
    more: Json = field(default_factory=dict)
    world: World = field(init=False)
    state: FakeObjects = field(init=False)
    assets: FakeObjects = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.state = FakeObjects(self._travel)
        self.assets = FakeObjects(self._travel, name="assets")
        self.world = World(self.seed, self.node, self._handle, settings=SLOW_LAMBDA, **self.more)

    def fleet(self, count: int = 3, model: str = "m", **more: Any) -> Resource:
        """Return a fleet of so many jobs; another model is another compilation of each."""
        text = json.dumps({"schema": 1, "variables": {"role": "text"}, "jobs": jobs(count, model)})
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.assets.objects[digest] = Stored(text.encode(), "1")
        properties = {
            "OwnerSuffix": "abcdef", "Variables": {"role": ROLE},
            "Document": {"Bucket": "assets", "Key": digest, "Digest": digest},
            "State": {"Bucket": "state", "Prefix": "neo/"}, "RemovalPolicy": "destroy",
            "Wait": "true", "DeadlineSeconds": "3300", "OnFailure": "fail", "Retries": "1",
            "Prune": "false", "Continues": "false", "Tags": [], **more,
        }  # fmt: skip
        return Resource("Fleet", properties, CUSTOM)

    def scripts(self, **by_model: Script) -> None:
        """How jobs go, by model."""
        self.world.scripts.update(by_model)

    def live_models(self) -> set[str]:
        """Return the models of the jobs that cost something."""
        uris = [job.request["InputConfig"]["S3Uri"] for job in self.world.sagemaker.live()]
        return {uri.rpartition("/")[2].removesuffix(".tar.gz") for uri in uris}

    def assert_no_name_was_accepted_twice(self) -> None:
        """I1."""
        accepted = self.world.sagemaker.accepted()
        assert len(accepted) == len(set(accepted))

    def bucket(self, name: str, owner: str | None = None) -> FakeObjects:
        return {"state": self.state, "assets": self.assets}[name]

    def _handle(self, ports: WorldPorts, name: str, event: Json) -> Json:
        service = FleetService(
            FleetPorts(
                gateway=ports.gateway, artifacts=ports.artifacts, stacks=ports.stacks,
                buckets=self, clock=ports.clock, progress=lambda event, **fields: None,
                pause=self.world.simulation.wait, emit=lambda line: None,
            )
        )  # fmt: skip
        stack = event["StackId"]
        owner = owner_of(stack, event["ResourceProperties"]["OwnerSuffix"])
        if name == "on_event":
            with acting(FLEET_ON_EVENT, owner, stack):
                return dict(service.on_event(event))
        with acting(FLEET_IS_COMPLETE, owner, stack):
            return dict(service.is_complete(event, f"invocation-{next(self._numbers)}"))

    def _travel(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        def arrive() -> Answer:  # also when nobody waits for it any more
            try:
                return commit()
            except WriteConflict as error:
                raise ApiError(error.code, error.message) from error

        try:
            return self.world.network.travel(operation, arrive)
        except ApiError as error:
            if error.code == "PreconditionFailed":
                raise WriteConflict(error.code, error.message) from error
            kind: type[PortError] = Throttled if "Throttling" in error.code else Unavailable
            if "AccessDenied" in error.code:
                kind = Denied
            raise kind(error.code, error.message) from error
