"""``neoctl plan``, ``show`` and ``apply`` on the in-memory account, as a test calls them."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from reconciler.aws.access import Access
from reconciler.aws.object_stream import ObjectError
from reconciler.cli.main import run
from reconciler.cli.options.outside import Outside
from reconciler.core.account_facts import AccountFacts
from reconciler.core.deployed_stack import DeployedStacks
from reconciler.core.event_history import EventHistory
from reconciler.core.job_logs import JobLogs
from reconciler.core.object_body import ObjectBody
from reconciler.core.objects import Buckets
from reconciler.core.ports import Artifacts, Gateway, ObjectHead, PortError
from tests.fakes.account_facts import FakeAccountFacts
from tests.fakes.deployed_stacks import FakeDeployedStacks
from tests.fakes.event_history import FakeHistory
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway, Travel, at_once, port_error
from tests.fakes.job_logs import FakeJobLogs
from tests.fakes.objects import FakeBuckets
from tests.fakes.sagemaker import ACCOUNT, REGION, ApiError, FakeSageMaker
from tests.unit.specs.fleets import FLEET

Answer = TypeVar("Answer")
_IDS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class FakeAccount:
    """An account as ``connect`` gives it."""

    id: str
    region: str
    gateway: Gateway
    artifacts: Artifacts
    buckets: Buckets
    job_logs: JobLogs
    facts: AccountFacts
    objects: dict[str, bytes]
    history: EventHistory
    stacks: DeployedStacks

    def open_artifact(self, s3_uri: str) -> ObjectBody:
        """Return the bytes of an object, as S3 has them."""
        if s3_uri not in self.objects:
            raise ObjectError(f"{s3_uri}: the object does not exist")
        return io.BytesIO(self.objects[s3_uri])


@dataclass(slots=True)
class Terminal:
    """neoctl beside one account; specs are files of the folder that the test is in.

    Attributes:
        travel: How a call gets to the account and back.
        meanwhile: What happens while neoctl waits.
        objects: The bytes of artifacts as S3 has them, by URI.
        elsewhere: The service in regions other than the usual one.
        unreachable: Why a region does not answer.
        failing: How calls of a region get there and back, if not as others do.
        accesses: How an account was connected to, each time.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    account: str = ACCOUNT
    travel: Travel = at_once
    meanwhile: Callable[[], object] = lambda: None
    sagemaker: FakeSageMaker = field(init=False)
    buckets: FakeBuckets = field(init=False)
    logs: FakeJobLogs = field(init=False)
    facts: FakeAccountFacts = field(init=False)
    objects: dict[str, bytes] = field(default_factory=dict)
    models: dict[str, ObjectHead] = field(default_factory=dict)
    history: FakeHistory = field(default_factory=FakeHistory)
    stacks: FakeDeployedStacks = field(default_factory=FakeDeployedStacks)
    elsewhere: dict[str, FakeSageMaker] = field(default_factory=dict)
    unreachable: dict[str, PortError] = field(default_factory=dict)
    failing: dict[str, Travel] = field(default_factory=dict)
    accesses: list[Access] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sagemaker = FakeSageMaker(self.clock.seconds)
        self.buckets = FakeBuckets(self._to_s3)
        self.facts = FakeAccountFacts(
            self.clock.now, lambda operation, commit: self.travel(operation, commit)
        )
        self.logs = FakeJobLogs(
            self.clock.seconds, lambda operation, commit: self.travel(operation, commit)
        )

    def connect(self, access: Access) -> FakeAccount:
        """Return the account: that of the role to assume, or else the one and only."""
        self.accesses.append(access)
        region = access.region or REGION
        if region in self.unreachable:
            raise self.unreachable[region]
        account = access.assume_role.split(":")[4] if access.assume_role else self.account
        sagemaker, travel = self.in_region(region), self.failing.get(region, self.travel)
        return FakeAccount(
            account, region, FakeGateway(sagemaker, travel),
            FakeArtifacts(sagemaker, travel, self.models), self.buckets, self.logs,
            self.facts, self.objects, self.history, self.stacks,
        )  # fmt: skip

    def _to_s3(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        try:
            return self.travel(operation, commit)
        except ApiError as error:
            raise port_error(error) from error

    def in_region(self, region: str) -> FakeSageMaker:
        """Return the service in a region."""
        if region == REGION:
            return self.sagemaker
        return self.elsewhere.setdefault(region, FakeSageMaker(self.clock.seconds))

    def run(self, *words: str) -> int:
        """Run neoctl; return its exit code."""
        return run(
            list(words),
            Outside(self.connect, self.clock, self.pause, lambda: f"apply-{next(_IDS)}"),
        )

    def pause(self, seconds: float) -> None:
        """Let time pass, and what a test wants to happen meanwhile happen."""
        self.clock.advance(seconds)
        self.meanwhile()

    def operations(self) -> list[str]:
        """Return the calls that were made, and forget them."""
        made = [call.operation for call in self.sagemaker.calls]
        self.sagemaker.calls.clear()
        return made

    def let_all_end(self) -> None:
        """Let every running job end."""
        self.clock.advance(3600)


def at_call(number: int, do: Callable[[], object]) -> Travel:
    """Return a way to the account on which something happens before one call."""
    made = 0

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        nonlocal made
        made += 1
        if made == number:
            do()
        return commit()

    return travel


def write_spec(text: str = FLEET, name: str = "fleet.yaml") -> Path:
    """Write a spec into the present folder."""
    path = Path(name)
    path.write_text(text)
    return path


def actions(out: str) -> dict[str, dict[str, Any]]:
    """Return the actions of a plan in JSON, by logical name or job."""
    return {each["logical_name"] or each["job"]: each for each in json.loads(out)["actions"]}
