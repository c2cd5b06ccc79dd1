"""What a pass sees: reads that lag behind, and tags that cannot be read."""

from __future__ import annotations

from dataclasses import replace as changed

from reconciler.core.identity import Owner
from reconciler.core.plan import kind
from reconciler.core.ports import Denied, Throttled
from reconciler.engine.manifest_store import InMemory
from tests.unit.core.strategies import a_declaration
from tests.unit.engine.passes import Account, Poison
from tests.unit.engine.test_reconcile import TWO, parts

ONE = a_declaration("one")


def test_a_job_that_is_listed_as_completed_and_described_as_running_is_not_done_yet() -> None:
    account = Account()
    account.reconcile([ONE])
    account.clock.advance(70)
    account.sagemaker.describe_lag = lambda: 30.0
    report = account.reconcile([ONE]).report
    assert report.counts.completed == 0
    assert "was not read yet" in report.entries["one"].reason
    account.clock.advance(60)
    assert account.reconcile([ONE]).report.is_finished
    assert len(account.sagemaker.accepted()) == 1


def test_tags_that_cannot_be_read_are_changed_by_the_next_pass_that_can() -> None:
    account, store = Account(), InMemory(Owner("team"))
    account.reconcile([ONE], store=store)
    account.let_all_complete()
    assert account.reconcile([ONE], store=store).report.is_finished
    account.poison = Poison("tags", "", Throttled("ThrottlingException", "slow down"))
    tagged = a_declaration("one", Tags=[{"Key": "team", "Value": "vision"}])
    report = account.reconcile([tagged], store=store).report
    assert report.entries["one"].status == "COMPLETED"
    assert (report.is_finished, report.outcome.counts) == (False, {})
    account.poison.error = None
    assert account.reconcile([tagged], store=store).report.outcome.counts == {"retag": 1}
    assert account.sagemaker.jobs[0].tags["team"] == "vision"


def test_a_plan_shows_the_records_that_a_pass_would_delete() -> None:
    account = Account()
    account.reconcile(TWO)
    account.let_all_complete()
    reconciler, desired, options = parts(account)
    desired = changed(desired, declarations=desired.declarations[:1])
    shown = reconciler.plan(desired, options).plan
    assert [kind(action) for action in shown.actions] == ["keep"]
    shown = reconciler.plan(desired, changed(options, prune=True)).plan
    assert sorted(kind(action) for action in shown.actions) == ["delete", "keep"]
    assert account.sagemaker.accepted("Delete") == []


def test_a_record_whose_owner_cannot_be_read_is_not_deleted_and_the_report_says_why() -> None:
    account = Account(Poison("tags", "", Denied("AccessDenied", "not authorized: ListTags")))
    account.reconcile(TWO)
    account.let_all_complete()
    account.clock.advance(3600)
    made = account.reconcile([], prune=True, began=account.clock.now().replace(year=2020))
    assert account.sagemaker.accepted("Delete") == []
    assert len(made.report.undeclared_failures) == 2
    assert all("ListTags" in each for each in made.report.undeclared_failures.values())


def test_a_job_whose_tags_are_not_visible_yet_is_judged_by_a_later_pass() -> None:
    account = Account()
    account.reconcile([ONE])
    account.let_all_complete()
    lags = [0.0, 1e9]  # Describe sees the job, ListTags does not
    account.sagemaker.describe_lag = lambda: lags.pop(0) if lags else 0.0
    assert account.reconcile([ONE]).report.counts.completed == 0
    assert account.reconcile([ONE]).report.is_finished
    assert len(account.sagemaker.accepted()) == 1


def test_what_a_pass_has_no_time_to_read_is_read_by_a_later_one() -> None:
    account = Account()
    account.reconcile(TWO)
    account.let_all_complete()

    def takes_minutes() -> float:
        account.clock.advance(100)
        return 0.0

    account.sagemaker.describe_lag = takes_minutes
    assert account.reconcile(TWO).report.counts.completed == 1
    account.sagemaker.describe_lag = lambda: 0.0
    assert account.reconcile(TWO).report.is_finished
    assert len(account.sagemaker.accepted()) == 2
