"""A pass: what it brings about, in which order, and what it refuses to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.core.identity import Owner
from reconciler.core.operation import Operation
from reconciler.core.plan import kind
from reconciler.engine.lease import LeaseLost, NoLease
from reconciler.engine.reconcile import (
    DesiredState,
    NoManifest,
    PassOptions,
    PlanChanged,
    Reconciler,
)
from tests.unit.core.strategies import a_declaration
from tests.unit.engine.passes import Account

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
    shown = reconciler.plan(desired, options)
    assert [kind(action) for action in shown.actions] == ["create", "create"]
    assert account.sagemaker.accepted() == []
    assert account.reconcile(TWO, approved=shown.digest).report.digest == shown.digest


def test_a_plan_that_is_not_the_reviewed_one_any_more_is_not_applied() -> None:
    account = Account()
    reconciler, desired, options = parts(account)
    reviewed = reconciler.plan(desired, options).digest
    account.reconcile(TWO[:1])
    with pytest.raises(PlanChanged, match=reviewed):
        account.reconcile(TWO, approved=reviewed)
    assert len(account.sagemaker.accepted()) == 1


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
