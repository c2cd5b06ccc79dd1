"""One world: CloudFormation, the Provider, our handler and SageMaker, in one virtual time."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.budget import Budget
from reconciler.aws.rate import RateLimit
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.aws.stacks import CloudFormationStacks
from reconciler.core.ports import (
    Artifacts,
    Clock,
    Gateway,
    StackResourceView,
    Stacks,
    StackView,
)
from reconciler.engine.ports import Verifier
from reconciler.verification.artifact_verifier import ArtifactVerifier
from tests.fakes.boto_client import (
    FakeCloudFormationClient,
    FakeS3Client,
    FakeSageMakerClient,
)
from tests.fakes.gateway import FakeArtifacts, FakeGateway, FakeStacks, Travel
from tests.fakes.object_reader import FakeObjectReader
from tests.fakes.sagemaker import Behaviour, FakeSageMaker, Script, Wire
from tests.simulation.cloudformation.cloudformation import CloudFormation
from tests.simulation.cloudformation.custom_resource import CustomResources
from tests.simulation.cloudformation.declaring import HOUR, ROLE
from tests.simulation.cloudformation.faults import QUIET, Chance, Rates, Switches
from tests.simulation.cloudformation.network import Network
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.provider_model import ProviderModel, Settings
from tests.simulation.cloudformation.reading import resources_as_read, stack_as_read
from tests.simulation.cloudformation.simulation import Simulation
from tests.simulation.cloudformation.stack import Resource, Stack, Template

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class VirtualClock:
    """The simulation's time, as a port; the functions' clock may be behind the services'."""

    simulation: Simulation
    skew: float = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.simulation.now + self.skew, UTC)


@dataclass(frozen=True, slots=True)
class Ports:
    """What one invocation of a handler has to do with the outside."""

    gateway: Gateway
    stacks: Stacks
    artifacts: Artifacts
    clock: Clock
    client: FakeSageMakerClient
    service: FakeSageMaker
    travel: Travel
    verifier: Verifier | None = None


Handler = Callable[[Ports, str, Json], Json]
"""Runs on_event or is_complete (the name) for an event; an exception is the function's error."""


class Framework(Protocol):
    """What stands between CloudFormation and a handler.

    Attributes:
        busy: How much is under way; 0 is quiescence.
    """

    @property
    def busy(self) -> int: ...

    def deliver(self, event: Json, *, delay: float) -> None:
        """Take a request of CloudFormation's, which arrives after a delay."""
        ...


@dataclass(slots=True)
class World:
    """A seed, a handler and the kind of day it is make a history."""

    seed: int
    node: NodeProvider
    handler: Handler
    rates: Rates = QUIET
    switches: Switches = field(default_factory=Switches)
    settings: Settings = field(default_factory=Settings)
    real_adapters: bool = False
    """The handler works through reconciler.aws on stand-ins for boto3's clients."""
    other_framework: Callable[[World], Framework] | None = None
    """Makes what is used instead of the CDK's Provider."""
    scripts: dict[str, Script | list[Script]] = field(default_factory=dict)
    """How jobs go, by model; a list is used up attempt by attempt, the last one for ever."""
    simulation: Simulation = field(init=False)
    chance: Chance = field(init=False)
    sagemaker: FakeSageMaker = field(init=False)
    network: Network = field(init=False)
    provider: ProviderModel = field(init=False)
    framework: Framework = field(init=False)
    custom: CustomResources = field(init=False)
    cloudformation: CloudFormation = field(init=False)
    tampered: Counter[str] = field(default_factory=Counter)
    """How many records of an identity somebody deleted: nobody can count its attempts then."""
    log: list[tuple[float, str, str, str]] = field(default_factory=list)
    """Every call of the handler: time, function, request, and what it answered."""

    def __post_init__(self) -> None:
        self.node.reset(self.seed)
        self.simulation = simulation = Simulation()
        self.chance = Chance(self.seed, self.rates)
        self.sagemaker = self._sagemaker(simulation)
        denied_until = simulation.now + self.switches.policy_lag
        self.network = Network(simulation, self.chance, denied_until=denied_until)
        self.provider = ProviderModel(
            simulation, self.chance, self.node, self._run, self._put, self.settings
        )
        self.custom = CustomResources(
            simulation,
            self.chance,
            lambda event, delay: self.framework.deliver(event, delay=delay),
        )
        self.framework = self.other_framework(self) if self.other_framework else self.provider
        self.cloudformation = CloudFormation(simulation, self.chance, self.switches, self.custom)

    def _sagemaker(self, simulation: Simulation) -> FakeSageMaker:
        switches = self.switches
        missing = "ValidationException" if switches.not_found_is_validation_error else None
        return FakeSageMaker(
            lambda: simulation.now,
            Behaviour(
                not_found=missing or "ResourceNotFound",
                stop_on_terminal="refused" if switches.stop_on_terminal_is_refused else "accepted",
                names_reusable=switches.names_are_reusable,
                quota=switches.quota or None,
                empty_pages=switches.empty_pages,
            ),
            script_of=self._script_of,
            role_usable_at={ROLE: simulation.now + switches.iam_lag},
            describe_lag=lambda: self.chance.between(0, switches.describe_lag),
            list_lag=lambda: self.chance.between(0, switches.list_lag),
            tags_lag=lambda: switches.tags_lag,
        )

    # --- what a test does ---------------------------------------------------------------------

    def create(self, *resources: Resource, no_rollback: bool = False) -> Stack:
        """Begin to create a stack of these resources."""
        return self.cloudformation.create_stack("app", resources, no_rollback=no_rollback)

    def update(self, stack: Stack, *resources: Resource) -> None:
        """Begin to update it."""
        template: Template = resources
        self.cloudformation.update_stack(stack, template)

    def delete(self, stack: Stack) -> None:
        """Begin to delete it."""
        self.cloudformation.delete_stack(stack)

    def settle(self, hours: float = 48.0) -> None:
        """Run until nothing is under way: no operation, no waiter, no invocation, no call.

        Raises AssertionError if it is not quiet after so many hours.
        """
        self.simulation.run(self.simulation.now + hours * HOUR, stop=self.is_quiet)
        assert self.is_quiet(), "never came to rest"

    def run_for(self, seconds: float) -> None:
        """Let so much time pass."""
        self.simulation.run(self.simulation.now + seconds)

    def is_quiet(self) -> bool:
        """Return whether nothing is under way any more, but jobs."""
        return (
            self.framework.busy == 0
            and self.network.in_flight == 0
            and not any(stack.busy for stack in self.cloudformation.stacks.values())
        )

    def poll(self, event: Json) -> None:
        """Call is_complete once more, as a waiter does that nobody waits for (in a process)."""
        with contextlib.suppress(Exception):
            self._run("is_complete", event)

    def calm(self) -> None:
        """No more faults from here on."""
        self.chance.rates = QUIET
        self.network.crash_at = {}

    def close(self) -> None:
        """End its threads."""
        self.simulation.close()

    # --- the wiring ---------------------------------------------------------------------------

    def ports(self) -> Ports:
        """New ports, as a new sandbox has them."""
        service, travel = self.sagemaker, self.network.travel
        client = FakeSageMakerClient(service, travel)
        clock = VirtualClock(self.simulation, self.switches.clock_skew)
        if not self.real_adapters:
            stacks = FakeStacks(self._stack_view, self._resources_view, travel)
            artifacts = FakeArtifacts(service, travel)
            gateway = FakeGateway(service, travel)
            verifier = ArtifactVerifier(FakeObjectReader(service, travel))
            return Ports(gateway, stacks, artifacts, clock, client, service, travel, verifier)
        views = FakeCloudFormationClient(self._stack_view, self._resources_view, travel)
        budget = self._budget()
        objects = S3Artifacts(FakeS3Client(service, travel), budget)
        return Ports(
            SageMakerGateway(client, budget, self._rate()),
            CloudFormationStacks(views, budget),
            objects,
            clock,
            client,
            service,
            travel,
            ArtifactVerifier(objects),
        )

    def _budget(self) -> Budget:
        began, budget = self.simulation.now, Budget()
        seconds = self.settings.handler_timeout
        budget.follow(lambda: int(1000 * (began + seconds - self.simulation.now)))
        return budget

    def _rate(self) -> RateLimit:
        simulation = self.simulation
        return RateLimit(2.0, lambda: simulation.now, simulation.wait, self.chance.random.random)

    def _run(self, name: str, event: Json) -> Json:
        request = f"{event['RequestType']} {event['RequestId'][:8]}"
        if self.custom.is_over(event["RequestId"]):
            self.chance.visit("zombie poll" if name == "is_complete" else "stale request")
        try:
            answer = self.handler(self.ports(), name, event)
        except BaseException as error:
            self.log.append((self.simulation.now, name, request, f"{type(error).__name__} {error}"))
            raise
        self.log.append((self.simulation.now, name, request, json.dumps(answer)))
        return answer

    def _put(self, path: str, body: str) -> int:
        return self.custom.put(path, body)

    def _script_of(self, request: Wire) -> Script:
        source = request.get("InputConfig", {}).get("S3Uri", "")
        script = self.scripts.get(source.rsplit("/", 1)[-1].removesuffix(".tar.gz"), Script())
        if isinstance(script, list):
            return script.pop(0) if len(script) > 1 else script[0]
        return script

    def _stack_view(self, stack_id: str) -> StackView | None:
        stack = self.cloudformation.stacks.get(stack_id)
        if stack is None:
            return None
        when = self.simulation.now - self.chance.between(0, self.switches.stack_lag)
        return stack_as_read(stack, self.switches, when)

    def _resources_view(self, stack_id: str) -> dict[str, StackResourceView]:
        """What the list of resources shows, as the switches say."""
        stack = self.cloudformation.stacks.get(stack_id)
        if stack is None:
            return {}
        when = self.simulation.now - self.chance.between(0, self.switches.rows_lag)
        return resources_as_read(stack, self.switches, when)
