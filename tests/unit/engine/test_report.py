"""What a pass says of each declared job, and what it keeps in mind for the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from reconciler.core.contract import NAME_TAKEN
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.ports import Denied, Invalid, LimitExceeded, NameInUse, Unavailable
from reconciler.engine.act import BATCH
from tests.unit.core.strategies import a_declaration
from tests.unit.engine.passes import Account, Poison

ONE = a_declaration("one")


@dataclass
class Kept:
    """A manifest that is kept between passes, as its bytes."""

    body: bytes = field(default_factory=lambda: Manifest("team").to_json())

    def manifest(self) -> Manifest:
        return Manifest.from_json(self.body)

    def write_manifest(self, manifest: Manifest) -> None:
        self.body = manifest.to_json()


def test_a_job_that_is_not_ours_is_a_conflict_that_is_left_alone() -> None:
    account = Account()
    account.reconcile([ONE])
    account.sagemaker.jobs[0].tags.clear()
    account.let_all_complete()
    report = account.reconcile([ONE], prune=True).report
    assert report.classes == {"conflict": 1}
    assert report.entries["one"].status == "CONFLICT"
    assert report.outcome.counts == {}


def test_what_was_refused_is_not_sent_again_by_the_same_operation_unless_asked_to() -> None:
    account, store = Account(Poison("create", "", Invalid("NoGood", "no such device"))), Kept()
    began = account.clock.now()
    for _ in range(3):
        report = account.reconcile([ONE], store=store, began=began).report
        assert "no such device" in report.failures["one"]
        assert report.entries["one"].status == "REFUSED"
    assert account.poison.raised == 1
    account.reconcile([ONE], store=store, began=began, retry_rejected=True)
    assert account.poison.raised == 2
    account.reconcile([ONE], store=store, operation="op-2", began=began)
    assert account.poison.raised == 3


def test_a_name_that_stays_taken_is_waited_for_and_then_passed_over() -> None:
    first = str(ONE.identity.attempt(0))
    account, store = Account(Poison("create", first, NameInUse("ResourceInUse", "taken"))), Kept()
    for _ in range(15):
        report = account.reconcile([ONE], store=store).report
        account.poison.error = None
        account.clock.advance(20)
    (job,) = account.sagemaker.jobs
    assert job.name == str(ONE.identity.attempt(1))
    assert job.created - 1_700_000_000 >= NAME_TAKEN.total_seconds()
    assert report.counts.accepted == 1


def test_a_used_up_quota_is_the_reason_of_what_has_to_wait() -> None:
    account = Account(Poison("create", "", LimitExceeded("ResourceLimitExceeded", "no more")))
    report = account.reconcile([ONE, a_declaration("two")]).report
    assert account.poison.raised == 1
    assert {entry.reason for entry in report.entries.values()} == {"ResourceLimitExceeded: no more"}


def test_a_job_whose_tags_cannot_be_changed_keeps_its_artifact_in_the_report() -> None:
    account = Account()
    account.reconcile([ONE])
    account.let_all_complete()
    account.poison = Poison("add_tags", "", Denied("AccessDenied", "sagemaker:AddTags"))
    tagged = a_declaration("one", Tags=[{"Key": "team", "Value": "x"}])
    began = account.clock.now() - timedelta(hours=1)
    report = account.reconcile([tagged], began=began).report
    assert report.classes == {"permission": 1}
    assert "sagemaker:AddTags" in report.failures["one"]
    assert report.entries["one"].artifact.startswith("s3://")


@pytest.mark.parametrize("finished", [True, False])
def test_the_next_pass_waits_for_what_is_undeclared_and_runs(finished: bool) -> None:
    account = Account()
    account.reconcile([ONE])
    if finished:
        account.let_all_complete()
    report = account.reconcile([]).report
    assert report.is_finished is finished
    assert bool(report.unsettled) is not finished


@dataclass
class LostAfter:
    """A lease that cannot be confirmed any more after so many batches."""

    left: int

    def renew(self, *, creates: bool) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unavailable("ConnectionClosed", "the connection broke")


def test_what_a_pass_did_is_kept_if_an_error_ends_it_early() -> None:
    many = [a_declaration(f"job-{number}") for number in range(BATCH + 1)]
    account, store = Account(), Kept()
    with pytest.raises(Unavailable):
        account.reconcile(many, store=store, lease=LostAfter(1))
    kept = store.manifest()
    assert kept.counts.total == BATCH + 1
    assert kept.counts.accepted == BATCH == len(kept.records)
