"""The lease: who gets it, what is written for it, and what is left when writing fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from reconciler.core.contract import LEASE
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.generation import FleetGeneration, FleetSettings, LeaseRecord
from reconciler.core.identity import Owner
from reconciler.core.objects import NEW
from reconciler.core.operation import Operation
from reconciler.core.ports import Denied, Unavailable, WriteConflict
from reconciler.engine.generation import desired_state, write_generation
from reconciler.engine.lease import HeldLease, LeaseLost, require_free
from reconciler.engine.state import FleetState, StoredGeneration
from tests.fakes.gateway import FakeClock
from tests.fakes.objects import FakeObjects
from tests.unit.core.strategies import BEGAN

Answer = TypeVar("Answer")
FIRST = FleetGeneration(1, "op-1", BEGAN, document="")
JOB = {
    "logicalName": "a",
    "request": {
        "RoleArn": "arn:aws:iam::111122223333:role/neo",
        "InputConfig": {"S3Uri": "s3://m/a.tar.gz", "Framework": "ONNX"},
        "OutputConfig": {"S3OutputLocation": "s3://o/x", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
        "Tags": [{"Key": "cost", "Value": "7"}],
    },
}


@dataclass
class Fleet:
    """A fleet's state, whose writes may be lost on the way there or back.

    Attributes:
        before: Called before each write is committed.
        after: Called after it.
    """

    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    clock: FakeClock = field(default_factory=FakeClock)
    log: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    state: FleetState = field(init=False)

    def __post_init__(self) -> None:
        self.state = FleetState(FakeObjects(self._travel), "neo/team/", Owner("team"))
        self.version = self.state.write_generation(FIRST, NEW)

    def _travel(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        if "Put" not in operation:
            return commit()
        self.before()
        answer = commit()
        self.after()
        return answer

    def progress(self, event: str, **fields: Any) -> None:
        self.log.append((event, fields))

    def lease(self, holder: str, confirm: Callable[[], object] = lambda: None) -> HeldLease:
        stored = self.state.generation()
        assert stored is not None
        return HeldLease(self.state, self.clock, self.progress, holder, confirm, *stored)

    def stored(self) -> FleetGeneration:
        found = self.state.generation()
        assert found is not None
        return found.generation


def lose() -> None:
    raise Unavailable("ConnectionClosed", "the connection broke")


def test_a_lease_of_another_actor_is_named_with_its_expiry() -> None:
    taken = replace(FIRST, lease=LeaseRecord("other", BEGAN + timedelta(microseconds=5)))
    with pytest.raises(LeaseLost) as lost:
        require_free(taken, "me", BEGAN)
    assert str(lost.value) == "other holds the fleet's lease until 2026-11-20T12:00:00+00:00"
    require_free(taken, "other", BEGAN)
    require_free(taken, "me", BEGAN + LEASE)
    require_free(FIRST, "me", BEGAN)


def test_a_lease_is_written_extended_and_released() -> None:
    fleet = Fleet()
    with fleet.lease("me") as lease:
        now = fleet.clock.now()
        assert fleet.stored() == replace(FIRST, lease=LeaseRecord("me", now + LEASE))
        with pytest.raises(LeaseLost):
            fleet.lease("other").__enter__()
        fleet.clock.advance(60)
        lease.renew(creates=True)
        until = now + timedelta(seconds=60) + LEASE
        assert fleet.stored() == replace(FIRST, lease=LeaseRecord("me", until), creates_until=until)
        fleet.clock.advance(5)
    assert fleet.stored().lease is None
    assert fleet.stored().creates_until == fleet.clock.now()
    assert fleet.log == []


def test_a_lease_that_expired_is_taken_over() -> None:
    fleet = Fleet()
    first = fleet.lease("gone").__enter__()
    fleet.clock.advance(LEASE.total_seconds())
    with fleet.lease("me"), pytest.raises(LeaseLost, match="another actor changed"):
        first.renew(creates=False)


def test_nothing_is_written_for_an_actor_that_may_not_go_on() -> None:
    fleet = Fleet()

    def refuse() -> None:
        raise LeaseLost("the stack went on")

    with pytest.raises(LeaseLost, match="the stack went on"), fleet.lease("me", refuse):
        pass
    assert fleet.stored() == FIRST


def test_a_renewal_whose_answer_was_lost_is_gone_on_from() -> None:
    fleet = Fleet()
    with fleet.lease("me") as lease:
        fleet.after = lose
        fleet.clock.advance(10)
        with pytest.raises(Unavailable):
            lease.renew(creates=True)
        fleet.after = lambda: None
        assert lease.generation == fleet.stored()
        lease.renew(creates=True)
    assert fleet.stored().lease is None


def test_a_renewal_that_never_arrived_is_repeated() -> None:
    fleet = Fleet()
    with fleet.lease("me") as lease:
        fleet.before = lose
        with pytest.raises(Unavailable):
            lease.renew(creates=True)
        fleet.before = lambda: None
        assert lease.generation.creates_until is None
        lease.renew(creates=True)
        assert fleet.stored().creates_until is not None


def test_a_new_generation_is_not_taken_for_the_own_renewal() -> None:
    fleet = Fleet()
    with fleet.lease("me") as lease:
        following = replace(fleet.stored(), generation=2, operation="op-2")
        fleet.state.write_generation(following, lease.version)
        fleet.before = lose
        with pytest.raises(Unavailable):
            lease.renew(creates=False)
        fleet.before = lambda: None
        with pytest.raises(LeaseLost):
            lease.renew(creates=False)
        assert lease.generation.operation == "op-1"
    assert fleet.stored() == replace(following, lease=None)


def test_a_lease_of_another_holder_is_not_taken_for_the_own_renewal() -> None:
    fleet = Fleet()
    lease = fleet.lease("me").__enter__()
    theirs = replace(fleet.stored(), lease=LeaseRecord("other", fleet.clock.now() + LEASE))
    fleet.state.write_generation(theirs, lease.version)
    fleet.before = lose
    with pytest.raises(Unavailable):
        lease.renew(creates=False)
    fleet.before = lambda: None
    assert lease.generation.lease is not None
    assert lease.generation.lease.holder == "me"
    lease.__exit__()
    assert fleet.stored() == theirs


def test_a_lease_that_cannot_be_released_is_logged_and_left_to_expire() -> None:
    fleet = Fleet()

    def deny() -> None:
        raise Denied("AccessDenied", "no")

    with fleet.lease("me"):
        fleet.before = deny
    assert fleet.log == [("lease not released", {"error": "AccessDenied: no"})]
    assert fleet.stored().lease is not None


def test_a_generation_is_logged_and_its_version_is_the_objects() -> None:
    fleet = Fleet()
    document = FleetDocument.of([JOB], {})
    following = FleetGeneration(
        1, "op-2", BEGAN, "", FleetSettings(tags=(("team", "vision"),)), unneeded_documents=("x",)
    )
    found = StoredGeneration(FIRST, fleet.version)
    made = write_generation(fleet.state, fleet.progress, found, following, document)
    assert made == fleet.state.generation()
    assert made.generation.generation == 2
    assert made.generation.tag_keys == ("cost", "team")
    digest = made.generation.document
    event = {"number": 2, "jobs": 1, "document": digest[:12], "owner": "team"}
    assert fleet.log == [("new generation", event)]
    assert fleet.state.document(digest) == document
    another = replace(following, operation="op-3")
    with pytest.raises(WriteConflict):
        write_generation(fleet.state, fleet.progress, found, another, document)


def test_a_pass_is_to_bring_about_what_its_generation_says() -> None:
    fleet = Fleet()
    document = FleetDocument.of([JOB], {})
    settings = FleetSettings(retries=4, tags=(("team", "vision"),))
    following = FleetGeneration(9, "op-2", BEGAN, "", settings)
    digest = fleet.state.write_document(document)
    generation = replace(following, document=digest, dropped_tag_keys=("old",))
    desired = desired_state(
        fleet.state, generation, region="eu-central-1", bucket_owner="111122223333"
    )
    assert desired.owner == Owner("team")
    assert desired.operation == Operation("op-2", BEGAN)
    assert (desired.region, desired.bucket_owner) == ("eu-central-1", "111122223333")
    assert (desired.generation, desired.retries) == (9, 4)
    assert desired.dropped_tags == frozenset({"old"})
    [declared] = desired.declarations
    assert declared.request.tags == (("team", "vision"), ("cost", "7"))
