"""A pass: what it brings about, in which order, and what it refuses to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from reconciler.core.failure import FailureKind
from reconciler.core.identity import Owner
from reconciler.core.operation import Operation
from reconciler.core.ownership import LOGICAL_NAME
from reconciler.core.plan import Plan, kind
from reconciler.core.ports import Throttled
from reconciler.engine.backoff import MAX_FAILURES
from reconciler.engine.lease import LeaseLost, NoLease
from reconciler.engine.manifest_store import InMemory, NoManifest
from reconciler.engine.reconcile import (
    DesiredState,
    PassOptions,
    Reconciler,
)
from tests.fakes.sagemaker import ApiError, Script
from tests.unit.core.strategies import a_declaration
from tests.unit.engine.passes import Account, Poison

Answer = TypeVar("Answer")
TWO = [a_declaration("a"), a_declaration("b")]


class Lost:
    """A lease that another actor takes after so many batches."""

    def __init__(self, after: int) -> None:
        self.left = after

    def renew(self, *, creates: bool) -> None:
        self.left -= 1
        if self.left < 0:
            raise LeaseLost("taken")


def test_passes_bring_the_declared_jobs_about_and_then_change_nothing() -> None:
    account = Account()
    assert account.reconcile(TWO).report.outcome.counts == {"create": 2}
    assert not account.reconcile(TWO).report.is_finished
    account.let_all_complete()
    report = account.reconcile(TWO).report
    assert report.is_finished
    assert report.counts.completed == 2
    assert report.outcome.counts == {}


def test_a_plan_is_shown_without_a_change_and_is_the_one_that_is_applied() -> None:
    account = Account()
    reconciler, desired, options = parts(account)
    shown = reconciler.plan(desired, options).plan
    assert [kind(action) for action in shown.actions] == ["create", "create"]
    assert account.sagemaker.accepted() == []
    assert account.reconcile(TWO).report.digest == shown.digest


def test_of_a_plan_only_what_is_permitted_is_applied() -> None:
    account = Account()
    result = account.reconcile(TWO, permit=lambda plan, _: Plan(plan.actions[:1]))
    assert result.planned == 1
    assert len(account.sagemaker.accepted()) == 1


def test_an_undeclared_job_out_of_scope_is_not_ended() -> None:
    account = Account()
    account.reconcile(TWO)
    account.reconcile(TWO[:1], in_scope=lambda job: False)
    assert len(account.sagemaker.live()) == 2
    account.reconcile(TWO[:1], in_scope=lambda job: (job.tags or {})[LOGICAL_NAME] == "b")
    assert len(account.sagemaker.live()) == 1


def test_completed_jobs_are_believed_where_asked_and_new_ones_are_read() -> None:
    account = Account()
    store = InMemory(Owner("team"))
    account.reconcile(TWO[:1])
    account.let_all_complete()
    account.reconcile(TWO, trust_completed=True, store=store)
    reads = [call.operation for call in account.sagemaker.calls]
    assert "Describe" not in reads
    account.let_all_complete()
    report = account.reconcile(TWO, trust_completed=True, store=store).report
    assert report.counts.completed == 2
    assert [call.name for call in account.sagemaker.calls if call.operation == "Describe"] == [
        str(TWO[1].identity)
    ]
    assert report.entries["b"].artifact


@pytest.mark.parametrize(("classes", "creates"), [(frozenset(FailureKind), 2), (frozenset(), 1)])
def test_failures_of_earlier_operations_are_tried_again_where_asked(
    classes: frozenset[FailureKind], creates: int
) -> None:
    account = Account()
    account.sagemaker.script_of = lambda request: Script(outcome="FAILED", reason="ClientError: x")
    account.reconcile(TWO[:1])
    account.let_all_complete()
    account.reconcile(TWO[:1], operation="op-2", retry_ended=classes)
    assert len(account.sagemaker.accepted()) == creates


def test_a_service_error_is_tried_again_as_often_as_allowed_in_all_operations_together() -> None:
    account = Account()
    account.sagemaker.script_of = lambda request: Script(
        outcome="FAILED", reason="InternalServerError: try again later"
    )
    for number in range(5):
        account.reconcile(TWO[:1], operation=f"op-{number}", retry_ended=frozenset())
        account.let_all_complete()
    assert len(account.sagemaker.accepted()) == 2


def test_a_compiled_job_is_compiled_again_once_where_that_is_asked_for() -> None:
    account = Account()
    account.reconcile(TWO[:1])
    account.let_all_complete()
    replaced = frozenset({TWO[0].identity})
    for _ in range(3):
        account.reconcile(TWO[:1], operation="op-2", replaced=replaced)
        account.let_all_complete()
    assert account.sagemaker.accepted() == [str(TWO[0].identity), f"{TWO[0].identity}-r1"]


def test_nothing_is_changed_without_the_lease() -> None:
    account = Account()
    with pytest.raises(LeaseLost):
        account.reconcile(TWO, lease=Lost(after=0))
    assert account.sagemaker.accepted() == []


def test_a_lease_is_renewed_before_each_batch() -> None:
    account = Account()
    many = [a_declaration(f"job-{number}") for number in range(120)]
    with pytest.raises(LeaseLost):
        account.reconcile(many, lease=Lost(after=2))
    assert len(account.sagemaker.accepted()) == 100


def test_an_undeclared_job_is_stopped_and_its_record_deleted_only_if_asked_to() -> None:
    account = Account()
    account.reconcile(TWO)
    assert account.reconcile(TWO[:1]).report.outcome.counts == {"stop": 1}
    account.let_all_complete()
    assert account.reconcile(TWO[:1]).report.outcome.counts == {}
    made = account.reconcile(TWO[:1], prune=True)
    assert made.report.outcome.counts == {"delete": 1}
    assert made.unpruned == 0


def test_a_protected_record_is_not_pruned() -> None:
    account = Account()
    account.reconcile(TWO)
    account.let_all_complete()
    made = account.reconcile(TWO[:1], prune=True, protected=frozenset({TWO[1].identity}))
    assert made.report.outcome.counts == {}


def parts(account: Account) -> tuple[Reconciler, DesiredState, PassOptions]:
    """Return what a door to the pass has in its hands."""
    owner, now = Owner("team"), account.clock.now()
    reconciler = Reconciler(account.ports(), NoLease(), NoManifest(owner))
    desired = DesiredState(owner, tuple(TWO), Operation("op-1", now), "us-east-1")
    return reconciler, desired, PassOptions(until=now + timedelta(minutes=2))


@pytest.mark.parametrize("refusals", [1, 4])
def test_what_is_throttled_is_repeated_in_the_same_pass_after_the_others(refusals: int) -> None:
    account = Account()
    asked: list[str] = []

    def travel(operation: str, commit: Callable[[], Answer]) -> Answer:
        asked.append(operation)
        if operation == "CreateCompilationJob" and asked.count(operation) <= refusals:
            raise ApiError("ThrottlingException", "Rate exceeded")
        return commit()

    account.travel = travel
    outcome = account.reconcile(TWO).report.outcome
    assert outcome.counts == {"create": 2}
    assert asked.count("CreateCompilationJob") == 2 + refusals
    first, second = account.sagemaker.accepted()
    assert (first < second) == (refusals % 2 == 0), "each goes to the end of the queue"


def test_a_pass_ends_when_nothing_but_throttles_is_answered() -> None:
    account = Account(Poison("create", "", Throttled("ThrottlingException", "Rate exceeded")))
    report = account.reconcile(TWO).report
    assert account.poison.raised == MAX_FAILURES
    assert {entry.reason for entry in report.entries.values()} == {
        "ThrottlingException: Rate exceeded"
    }
