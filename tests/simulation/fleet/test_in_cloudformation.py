"""Fleets in the model of CloudFormation, with the Provider framework's real JavaScript."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from reconciler.core.objects import Stored
from reconciler.core.ports import Denied, PortError, Throttled, Unavailable, WriteConflict
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.service import FleetService
from tests.contract.privilege.recording import FLEET_IS_COMPLETE, FLEET_ON_EVENT, acting, owner_of
from tests.fakes.objects import FakeObjects
from tests.fakes.sagemaker import ApiError, Script
from tests.simulation.cloudformation.conftest import node as node
from tests.simulation.cloudformation.faults import DEADLY, STORMY, Rates, Switches
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.provider_model import Settings
from tests.simulation.cloudformation.stack import CUSTOM, Resource, Stack, sibling
from tests.simulation.cloudformation.world import Ports as WorldPorts
from tests.simulation.cloudformation.world import World
from tests.simulation.fleet.world import ROLE, Json, jobs

Answer = TypeVar("Answer")
FOR_EVER = Script(running=720_000)
SLOW_LAMBDA = Settings(handler_timeout=600)
STUCK = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


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


@pytest.fixture
def fleets(node: NodeProvider) -> Iterator[Callable[..., Fleets]]:
    made: list[Fleets] = []

    def make(seed: int = 1, **more: Any) -> Fleets:
        made.append(Fleets(node, seed, more))
        return made[-1]

    yield make
    for each in made:
        each.world.close()


def test_a_fleets_life_leaves_nothing(fleets: Callable[..., Fleets]) -> None:
    found = fleets()
    world = found.world
    stack = world.create(found.fleet())
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    world.update(stack, found.fleet(4, "n"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    assert len(world.sagemaker.accepted()) == 7
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE"
    assert world.sagemaker.live() == []
    assert found.state.objects == {}


@pytest.mark.parametrize("switches", [Switches(), Switches(list_lag=60.0, describe_lag=60.0)])
def test_a_sibling_that_fails_at_any_instant_leaves_no_job_live(
    fleets: Callable[..., Fleets], switches: Switches
) -> None:
    for seed, instant in enumerate([*(n / 3 for n in range(24)), *range(10, 130, 15)]):
        found = fleets(seed, switches=switches)
        found.scripts(m=FOR_EVER)
        stack = found.world.create(found.fleet(), sibling("Other", instant, fails=True))
        found.world.settle()
        assert stack.phase == "ROLLBACK_COMPLETE", instant
        assert found.world.sagemaker.live() == [], instant
        found.assert_no_name_was_accepted_twice()
        found.world.close()


def test_an_update_rolled_back_at_any_instant_compiles_nothing_again(
    fleets: Callable[..., Fleets],
) -> None:
    for second in range(0, 100, 6):
        found = fleets(second)
        found.scripts(next=FOR_EVER)
        stack = found.world.create(found.fleet())
        found.world.settle()
        found.world.update(stack, found.fleet(3, "next"), sibling("Other", second, fails=True))
        found.world.settle()
        assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", second
        assert found.world.sagemaker.live() == [], second
        names = [name for name in found.world.sagemaker.accepted()]
        assert sum(name.endswith("-r1") for name in names) == 0
        assert stack.records["Fleet"].physical_id.startswith("f")
        found.world.close()


def test_a_stack_deleted_while_it_is_being_created_leaves_nothing_live(
    fleets: Callable[..., Fleets],
) -> None:
    for second in range(0, 60, 6):
        found = fleets(second)
        found.scripts(m=FOR_EVER)
        stack = found.world.create(found.fleet())
        found.world.run_for(second + 0.5)
        found.world.delete(stack)
        found.world.settle()
        assert stack.phase == "DELETE_COMPLETE"
        assert found.world.sagemaker.live() == []
        found.world.close()


def twice(found: Fleets, late: float) -> None:
    """Deliver each Update a second time, so much later."""
    deliver = found.world.custom.deliver

    def again(event: Json, delay: float) -> None:
        deliver(json.loads(json.dumps(event)), delay)
        if event["RequestType"] == "Update":
            deliver(json.loads(json.dumps(event)), delay + late)

    found.world.custom.deliver = again


@pytest.mark.parametrize("late", [20.0, 60.0, 300.0])
def test_a_rollback_that_is_delivered_again_leaves_the_fleet_declared(
    fleets: Callable[..., Fleets], late: float
) -> None:
    found = fleets()
    world = found.world
    stack = world.create(found.fleet())
    world.settle()
    twice(found, late)
    world.update(stack, found.fleet(3, "next"), sibling("Other", 100, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE"
    [desired] = [body for key, body in found.state.objects.items() if "desired" in key]
    assert json.loads(desired.body)["document"]


@pytest.mark.parametrize("lag", [0.0, 5.0])
def test_a_fleet_whose_waiter_was_disowned_leaves_nothing_live(
    fleets: Callable[..., Fleets], lag: float
) -> None:
    rates = Rates(start_execution_lost=1.0)
    found = fleets(rates=rates, switches=Switches(stack_lag=lag, rows_lag=lag))
    found.scripts(m=FOR_EVER)
    stack = found.world.create(found.fleet(2, Wait="false"))
    found.world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert found.world.sagemaker.live() == []


@pytest.mark.parametrize("lag", [20.0, 60.0])
def test_a_fleets_own_policies_may_be_late(fleets: Callable[..., Fleets], lag: float) -> None:
    found = fleets(switches=Switches(policy_lag=lag))
    world = found.world
    stack = world.create(found.fleet())
    world.settle()
    assert stack.phase == "CREATE_COMPLETE", stack.reasons
    world.network.denied_until = world.simulation.now + lag
    world.update(stack, found.fleet(2, "next"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    world.network.denied_until = world.simulation.now + lag
    world.delete(stack)
    world.settle()
    assert stack.phase == "DELETE_COMPLETE", stack.reasons
    assert found.state.objects == {}


def late_first_update(found: Fleets, late: float) -> None:
    """Deliver the next Update so much later, and what follows as usual."""
    deliver = found.world.custom.deliver
    held: list[str] = []

    def delayed(event: Json, delay: float) -> None:
        is_first = event["RequestType"] == "Update" and not held
        if is_first:
            held.append(event["RequestId"])
        deliver(event, delay + late if is_first else delay)

    found.world.custom.deliver = delayed


@pytest.mark.parametrize("changes", [{}, {"Retries": "2"}], ids=["document", "settings"])
@pytest.mark.parametrize("late", [6.0, 14.0, 20.0, 45.0])
def test_an_update_that_arrives_while_it_is_rolled_back_is_ignored(
    fleets: Callable[..., Fleets], late: float, changes: Json
) -> None:
    found = fleets(int(late))
    found.scripts(next=FOR_EVER, slow=Script(running=60))
    world = found.world
    stack = world.create(found.fleet(2, "slow"))
    world.settle()
    late_first_update(found, late)
    wanted = found.fleet(2, "slow", **changes) if changes else found.fleet(2, "next")
    world.update(stack, wanted, sibling("Other", 5, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    assert world.sagemaker.live() == []
    assert len(world.sagemaker.accepted()) == 2, "nothing of the cancelled update was started"
    [desired] = [body for key, body in found.state.objects.items() if "desired" in key]
    assert json.loads(desired.body)["retries"] == 1


def test_a_rollback_is_not_taken_for_a_late_update(fleets: Callable[..., Fleets]) -> None:
    """An update there and back, each rolled back once: what is declared stays the same."""
    found = fleets()
    world = found.world
    stack = world.create(found.fleet(2, "a"))
    world.settle()
    for model, fails in [("b", True), ("b", False), ("a", True), ("a", False), ("b", True)]:
        world.update(stack, found.fleet(2, model), sibling("Other", 100, fails=fails))
        world.settle()
        expected = "UPDATE_ROLLBACK_COMPLETE" if fails else "UPDATE_COMPLETE"
        assert stack.phase == expected, (model, stack.reasons)
    assert len(world.sagemaker.accepted()) == 4
    assert found.live_models() == set()


@pytest.mark.parametrize("stack_lag", [0.0, 5.0])
def test_a_delete_that_nobody_sent_leaves_the_fleet_as_it_is(
    fleets: Callable[..., Fleets], stack_lag: float
) -> None:
    found = fleets(switches=Switches(stack_lag=stack_lag))
    found.scripts(m=FOR_EVER)
    world = found.world
    stack = world.create(found.fleet(2, Wait="false"))
    world.settle()
    before = dict(found.state.objects)
    request = next(iter(world.custom.requests.values()))
    world.provider.put = lambda path, body: 200
    world.provider.deliver(
        {
            "RequestType": "Delete", "RequestId": "forged", "StackId": stack.stack_id,
            "LogicalResourceId": "Fleet", "ResourceType": CUSTOM, "ServiceToken": "arn:x",
            "PhysicalResourceId": stack.records["Fleet"].physical_id,
            "ResponseURL": "https://forged.test/", "ResourceProperties": request.properties,
        }
    )  # fmt: skip
    world.settle()
    assert len(world.sagemaker.live()) == 2
    assert found.state.objects == before


@pytest.mark.parametrize(
    "switches",
    [Switches(rows_show_progress=False), Switches(rows_are_timed=False), Switches(rows_lag=25.0)],
    ids=["only at rest", "not timed", "late"],
)
def test_a_fleet_lives_with_a_list_of_resources_that_shows_little(
    fleets: Callable[..., Fleets], switches: Switches
) -> None:
    found = fleets(switches=switches)
    found.scripts(ever=FOR_EVER)
    world = found.world
    stack = world.create(found.fleet(), sibling("Other", 30))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE", stack.reasons
    world.update(stack, found.fleet(3, "next"), sibling("Other", 100, fails=True))
    world.settle()
    assert stack.phase == "UPDATE_ROLLBACK_COMPLETE", stack.reasons
    world.update(stack, found.fleet(3, "ever", Wait="false"), sibling("Other", 10))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    world.update(stack, sibling("Other", 10))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert world.sagemaker.live() == []
    assert found.state.objects == {}


def step(found: Fleets, stack: Stack | None) -> Stack | None:
    """One thing that users do, as far as the stack's phase allows it."""
    world, random = found.world, found.world.chance.random
    phase = stack.phase if stack is not None else "DELETE_COMPLETE"
    resources = (
        found.fleet(
            random.randint(1, 4), random.choice(["quick", "slow", "ever", "broken"]),
            OnFailure=random.choice(["fail", "continue"]), Wait=random.choice(["true", "false"]),
        ),
        *([sibling("Other", random.uniform(0, 200), fails=True)] if random.random() < 0.3 else []),
    )  # fmt: skip
    if stack is None or phase == "DELETE_COMPLETE":
        return world.create(*resources)
    if phase in STUCK or (phase.endswith("_COMPLETE") and random.random() < 0.2):
        world.delete(stack)
    elif phase.endswith("_COMPLETE"):
        world.update(stack, *resources)
    return stack


def history(found: Fleets, steps: int = 12) -> Stack | None:
    """Random steps of users and bad luck, then quiet; the stack that is left."""
    world, stack = found.world, None
    for _ in range(steps):
        stack = step(found, stack)
        world.run_for(world.chance.random.choice([1.0, 20.0, 100.0, 500.0, 4000.0]))
    world.calm()
    world.settle()
    for _ in range(4):
        if stack is None or stack.phase not in (*STUCK, "UPDATE_ROLLBACK_FAILED"):
            break
        if stack.phase == "UPDATE_ROLLBACK_FAILED":
            world.cloudformation.continue_update_rollback(stack)
        else:
            world.delete(stack)
        world.settle()
    return stack


def check(found: Fleets, stack: Stack | None, seed: int) -> None:
    """After quiet: nothing is live that the stack does not declare, no name accepted twice."""
    found.assert_no_name_was_accepted_twice()
    alive = stack is not None and stack.phase != "DELETE_COMPLETE"
    declared: set[str] = set()
    if alive and stack is not None and "Fleet" in stack.records:
        properties = stack.records["Fleet"].resource.properties
        text = found.assets.objects[properties["Document"]["Key"]].body.decode()
        declared = {
            each["request"]["InputConfig"]["S3Uri"].rpartition("/")[2].removesuffix(".tar.gz")
            for each in json.loads(text)["jobs"]
        }
    assert found.live_models() <= declared, (seed, stack and stack.phase)
    for each in found.world.custom.requests.values():
        for answer in each.answers:
            assert len(answer.body.encode()) <= 4096
            assert json.loads(answer.body)["PhysicalResourceId"]


@pytest.mark.parametrize(
    "seeds", [range(24), pytest.param(range(24, 300), marks=pytest.mark.long)], ids=["24", "276"]
)
def test_random_histories_leave_nothing_that_nobody_declares(
    fleets: Callable[..., Fleets], seeds: range
) -> None:
    visited = 0
    for seed in seeds:
        lags = [0.0, 10.0, 60.0]
        switches = Switches(
            list_lag=lags[seed % 3], describe_lag=lags[seed // 3 % 3], empty_pages=seed % 2 == 0,
            names_are_reusable=seed % 4 < 2, quota=3 if seed % 5 == 0 else 0,
            stack_lag=5.0 if seed % 7 == 0 else 0.0,
            rows_lag=5.0 if seed % 7 < 2 else 0.0, rows_show_progress=seed % 6 != 1,
            rows_are_timed=seed % 4 != 3,
        )  # fmt: skip
        found = fleets(seed, switches=switches, rates=STORMY if seed % 2 else DEADLY)
        broken = Script(running=30, outcome="FAILED", reason="ClientError: no such input")
        found.scripts(quick=Script(running=25), slow=Script(running=500), ever=FOR_EVER,
                      broken=broken)  # fmt: skip
        check(found, history(found), seed)
        visited += len(found.world.sagemaker.accepted())
        found.world.close()
    assert visited > len(seeds)
