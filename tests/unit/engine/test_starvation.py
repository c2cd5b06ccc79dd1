"""Calls that are throttled every time, and end passes, never keep other jobs waiting for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.core.identity import Owner
from reconciler.core.ports import Denied, Throttled
from reconciler.engine.backoff import MAX_FAILURES, rotated
from reconciler.engine.manifest_store import InMemory
from tests.fakes.sagemaker import Script
from tests.unit.core.strategies import a_declaration
from tests.unit.engine.passes import Account, Poison

BAD = [f"bad-{number}" for number in range(MAX_FAILURES + 2)]
THROTTLED = Throttled("ThrottlingException", "slow down")
PASSES = len(BAD) + 1
LONG = Script(running=720_000)


def names(account: Account, *operations: str) -> set[str]:
    """Return the logical names of the jobs that were changed so."""
    changed = {name for operation in operations for name in account.sagemaker.accepted(operation)}
    return {job.tags["neo:logical-name"] for job in account.sagemaker.jobs if job.name in changed}


def in_passes(account: Account, wanted: list[str], **tags: str) -> None:
    """Make a pass a minute over these jobs, all by one operation."""
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    began, store = account.clock.now(), InMemory(Owner("team"))
    declarations = [a_declaration(name, Tags=pairs) for name in wanted]
    for number in range(PASSES):
        account.clock.time = began.timestamp() + 60 * number
        account.reconcile(declarations, began=began, operation=f"op-{began}", store=store)


@pytest.mark.parametrize("call", ["create", "describe", "tags", "add_tags", "stop"])
def test_a_job_is_brought_about_behind_many_whose_calls_are_throttled(call: str) -> None:
    account = Account()
    if call == "stop":
        account.sagemaker.script_of = lambda request: LONG
    if call != "create":
        in_passes(account, [*BAD, "last"])
    account.poison.call, account.poison.text, account.poison.error = call, "bad", THROTTLED
    match call:
        case "stop":
            in_passes(account, ["unlike"])
            assert names(account, "Stop") == {"last"}
        case "create" | "describe":
            in_passes(account, [*BAD, "last", "new"])
            assert names(account, "Create") >= {"last", "new"}
        case _:
            in_passes(account, [*BAD, "last", "new"], team="a")
            assert names(account, "AddTags") == {"last"}
            assert "new" in names(account, "Create")
    assert account.poison.raised >= MAX_FAILURES


def test_a_removal_reads_tags_in_another_order_each_minute() -> None:
    account = Account()
    account.sagemaker.script_of = lambda request: LONG
    in_passes(account, [*BAD, "last"])
    account.poison.call, account.poison.text, account.poison.error = "tags", "bad", THROTTLED
    in_passes(account, [])
    assert names(account, "Stop") == {"last"}


def test_tags_that_cannot_be_read_hide_no_artifact() -> None:
    account, store = Account(), InMemory(Owner("team"))
    account.reconcile([a_declaration("one")], store=store)
    account.let_all_complete()
    assert account.reconcile([a_declaration("one")], store=store).report.is_finished
    tagged = a_declaration("one", Tags=[{"Key": "team", "Value": "x"}])
    long_ago = account.clock.now() - timedelta(hours=1)
    for error in (THROTTLED, Denied("AccessDenied", "sagemaker:ListTags")):
        account.poison = Poison("tags", "", error)
        report = account.reconcile([tagged], began=long_ago, store=store).report
        assert not report.is_finished or report.failures
        assert report.entries["one"].artifact.startswith("s3://")


def test_a_rotation_keeps_every_item() -> None:
    assert rotated([], timedelta(0)) == []
    assert rotated("abc", timedelta(seconds=59)) == ["a", "b", "c"]
    assert rotated("abc", timedelta(minutes=4)) == ["b", "c", "a"]
