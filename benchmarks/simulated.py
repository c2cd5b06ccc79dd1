"""An account in simulated time: the service's rates, quota and delays, on the in-memory SageMaker.

The gateway is the product's own, with its own limit of List, so the calls and seconds counted here
are those that it would need. Nothing sleeps; the same seed gives the same numbers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Final, TypeVar

from reconciler.aws.access import Access
from reconciler.aws.budget import Budget
from reconciler.aws.rate import RateLimit
from reconciler.aws.sagemaker import LISTS_PER_SECOND, SageMakerGateway
from reconciler.cli.plans.applying import Application, PlacePlan
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.document import Basis, PlanDocument
from reconciler.cli.plans.owner_run import Until
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.progress import progress_view
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.core.ownership import ownership_tags
from reconciler.core.request import JobRequest
from tests.fakes.boto_client import FakeSageMakerClient
from tests.fakes.gateway import FakeArtifacts, FakeClock
from tests.fakes.sagemaker import ACCOUNT, REGION, ApiError, Behaviour, FakeSageMaker, Script
from tests.unit.cli.planned import Terminal

Answer = TypeVar("Answer")
ROLE: Final = "arn:aws:iam::111122223333:role/NeoRole"
OWNER: Final = Owner("bench")
LATENCY: Final = 0.05
SDK_RETRIES: Final = 5
LONGEST_RETRY: Final = 20.0
_IDS = count(1)


def declarations(jobs: int, owner: Owner = OWNER) -> list[Declaration]:
    """Return so many declarations, each of another model."""
    return [_declaration(owner, f"model-{number:05}/ml_c5") for number in range(jobs)]


def _declaration(owner: Owner, name: str) -> Declaration:
    wire = {
        "RoleArn": ROLE,
        "InputConfig": {
            "S3Uri": f"s3://models/{name}.tar.gz",
            "DataInputConfig": '{"data":[1,3,224,224]}',
            "Framework": "ONNX",
        },
        "OutputConfig": {"S3OutputLocation": "s3://compiled/out/", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    return Declaration(owner=owner, logical_name=name, request=JobRequest.from_wire(wire))


@dataclass(slots=True)
class TokenBucket:
    """A rate as AWS enforces one: so many calls a second, and a small stock for bursts."""

    per_second: float
    burst: float
    left: float = 0.0
    last: float = 0.0

    def takes(self, now: float) -> bool:
        """Return whether a call that arrives now is served."""
        self.left = min(self.burst, self.left + (now - self.last) * self.per_second)
        self.last = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True)
class SimulatedAccount:
    """One account and region; an AccountView.

    botocore repeats what is throttled, as its standard mode does, before the product sees it; but
    for creates, whose client has no retries.

    Attributes:
        retries: How often botocore repeats a call.
        rates: What is throttled, by operation.
        throttled: The share of all calls that is throttled whatever their rate.
        calls: How many calls of each operation reached the service.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    rates: Mapping[str, TokenBucket] = field(default_factory=dict)
    throttled: float = 0.0
    seed: int = 0
    retries: int = SDK_RETRIES
    id: str = ACCOUNT
    region: str = REGION
    clock: FakeClock = field(default_factory=FakeClock)
    calls: Counter[str] = field(default_factory=Counter)
    sagemaker: FakeSageMaker = field(init=False)
    gateway: SageMakerGateway = field(init=False)
    artifacts: FakeArtifacts = field(init=False)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - the same numbers every time
        self.sagemaker = FakeSageMaker(self.clock.seconds, self.behaviour)
        rate = RateLimit(
            LISTS_PER_SECOND, self.clock.seconds, self.clock.advance, self._random.random
        )
        client = FakeSageMakerClient(self.sagemaker, self.travel)
        creator = FakeSageMakerClient(self.sagemaker, self._travel_once)
        self.gateway = SageMakerGateway(client, Budget(), rate, lambda: creator)
        self.artifacts = FakeArtifacts(self.sagemaker, self.travel)

    def travel(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        """Let one call take its time, and be throttled; repeat it as botocore does."""
        for attempt in range(self.retries):
            try:
                return self._travel_once(operation, commit)
            except ApiError as error:
                if error.code != "ThrottlingException":
                    raise
                self.clock.advance(self._random.random() * min(2**attempt, LONGEST_RETRY))
        return self._travel_once(operation, commit)

    def _travel_once(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        self.calls[operation] += 1
        self.clock.advance(LATENCY)
        rate = self.rates.get(operation)
        over = rate is not None and not rate.takes(self.clock.time)
        if over or self._random.random() < self.throttled:
            raise ApiError("ThrottlingException", "Rate exceeded")
        return commit()

    def seconds(self, action: Callable[[], object]) -> float:
        """Return the simulated seconds that an action takes."""
        began = self.clock.time
        action()
        return self.clock.time - began

    def counted(self, action: Callable[[], object]) -> Counter[str]:
        """Return the calls that an action makes."""
        before = self.calls.copy()
        action()
        return self.calls - before

    def has_compiled(self, declared: list[Declaration]) -> None:
        """Let every declaration have been compiled long ago."""
        for each in declared:
            name = each.identity.attempt(0)
            tags = ownership_tags(each, name, "apply-before")
            self.sagemaker.add_job(each.create_request(str(name), tags), script=Script())
        self.clock.advance(86_400)

    def plan(self, declared: list[Declaration]) -> PlanDocument:
        """Plan as neoctl plan does."""
        planning = Planning(declared, PlanChoices(), self.clock, self.clock.advance)
        return planning.against(self, Basis.ACCOUNT)

    def apply(self, declared: list[Declaration], until: Until, *, hours: float = 24) -> Application:
        """Plan and apply as neoctl apply does. Raises AssertionError if it is not done in time."""
        view = progress_view("none", self.clock, self.clock.advance)
        application = Application(self.clock, self.clock.advance, view, f"apply-{next(_IDS)}")
        account = replace(
            Terminal(self.clock).connect(Access()), gateway=self.gateway, artifacts=self.artifacts
        )
        plan = PlacePlan(self.plan(declared), account)
        deadline = self.clock.now() + timedelta(hours=hours)
        assert application.run([plan], until, deadline), "not done in time"
        return application
