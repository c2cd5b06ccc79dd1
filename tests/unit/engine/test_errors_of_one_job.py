"""An error that one job's call meets is that job's; the others are brought about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.core.contract import IAM_LAG
from reconciler.core.declaration import Declaration
from reconciler.core.ports import (
    Denied,
    Invalid,
    LimitExceeded,
    NameInUse,
    ObjectHead,
    PortError,
    RoleNotReady,
    Throttled,
    Unavailable,
    WriteConflict,
)
from tests.unit.core.strategies import a_declaration
from tests.unit.engine.passes import Account, Poison

GOOD = [f"good-{number}" for number in range(5)]
BAD = "poison"
OTHER_ROLE = "arn:aws:iam::111122223333:role/Other"

ERRORS: dict[type[PortError], str] = {
    Throttled: "pending",
    Unavailable: "pending",
    LimitExceeded: "pending",
    NameInUse: "pending",
    WriteConflict: "pending",
    RoleNotReady: "failed",
    Denied: "failed",
    Invalid: "failed",
}
"""What each error of the port tree means for a job, once IAM cannot lag any more."""


def subclasses(kind: type[PortError]) -> set[type[PortError]]:
    below = {found for each in kind.__subclasses__() for found in subclasses(each)}
    return below or {kind}


def test_the_table_names_every_error_of_the_port_tree() -> None:
    leaves = {kind for kind in subclasses(PortError) if kind.__module__.startswith("reconciler.")}
    assert leaves == set(ERRORS)


def the_declarations(*, revised: bool = False, tags: str = "") -> list[Declaration]:
    """Five good jobs and the poisoned one; with its own role, since a role is refused for all."""
    found = []
    for name in [BAD, *GOOD]:
        changes: dict[str, object] = {
            "InputConfig": {"S3Uri": f"s3://models/{name}/m.tar.gz", "Framework": "ONNX",
                            "DataInputConfig": '{"data": [1, 3, 224, 224]}'},
        }  # fmt: skip
        if name == BAD:
            changes["RoleArn"] = OTHER_ROLE
        if tags:
            changes["Tags"] = [{"Key": tags, "Value": "x"}]
        declaration = a_declaration(name, **changes)
        found.append(Declaration(declaration.owner, name, declaration.request,
                                 "version:1" if revised else None))  # fmt: skip
    return found


def status(account: Account, declarations: list[Declaration]) -> dict[str, str]:
    """Make a pass an hour after the operation began: how far each declared job is."""
    began = account.clock.now() - timedelta(hours=1)
    dropped = frozenset({"old"})
    report = account.reconcile(declarations, began=began, dropped_tags=dropped).report
    return {
        name: "failed" if name in report.failures else entry.status
        for name, entry in report.entries.items()
    }


def poisoned(call: str, text: str = BAD) -> Account:
    return Account(Poison(call, text))


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("call", ["create", "head source"])
def test_a_job_that_cannot_be_created_holds_up_no_other(call: str, kind: type[PortError]) -> None:
    account = poisoned(call)
    declarations = the_declarations(revised=True)
    for name in [BAD, *GOOD]:
        account.artifacts.models[f"s3://models/{name}/m.tar.gz"] = ObjectHead(version_id="1")
    account.poison.error = kind("TheCode", "the message")
    found = status(account, declarations)
    assert account.poison.raised
    if kind is LimitExceeded:  # a quota is everybody's, so what comes after is not asked for
        account.poison.error = None
        account.clock.advance(60)
        found = status(account, declarations) | {BAD: found[BAD]}
    assert all(found[name] in {"STARTING", "INPROGRESS"} for name in GOOD)
    assert found[BAD] == ("failed" if ERRORS[kind] == "failed" else "PENDING")


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("call", ["describe", "tags", "head artifact"])
def test_a_job_that_cannot_be_read_holds_up_no_other(call: str, kind: type[PortError]) -> None:
    account = poisoned(call)
    declarations = the_declarations()
    account.reconcile([*declarations[:3]], operation="op-0")
    account.let_all_complete()
    account.poison.error = kind("TheCode", "the message")
    found = status(account, declarations)
    assert account.poison.raised
    assert [found[name] for name in GOOD] == ["COMPLETED"] * 2 + ["STARTING"] * 3
    assert found[BAD] == ("failed" if ERRORS[kind] == "failed" else "COMPLETED")


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("call", ["add_tags", "remove_tags"])
def test_a_job_whose_tags_cannot_be_changed_holds_up_no_other(
    call: str, kind: type[PortError]
) -> None:
    account = poisoned(call)
    account.reconcile(the_declarations(tags="old"), operation="op-0")
    account.let_all_complete()
    account.poison.error = kind("TheCode", "the message")
    found = status(account, the_declarations(tags="new"))
    assert account.poison.raised
    changed = sum("new" in job.tags and "old" not in job.tags for job in account.sagemaker.jobs)
    assert changed == 5
    assert all(found[name] == "COMPLETED" for name in GOOD)
    assert found[BAD] == ("failed" if ERRORS[kind] == "failed" else "COMPLETED")


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("call", ["stop", "delete", "tags"])
def test_a_job_that_cannot_be_ended_holds_up_no_other(call: str, kind: type[PortError]) -> None:
    account = poisoned(call)
    declarations = the_declarations()
    account.reconcile([*declarations[:3]], operation="op-0")
    if call == "delete":
        account.let_all_complete()
    account.poison.error = kind("TheCode", "the message")
    began = account.clock.now() - timedelta(hours=1)
    made = account.reconcile(declarations[3:], began=began, prune=True)
    assert account.poison.raised
    assert made.report.counts.accepted == 3
    assert made.report.outcome.counts["delete" if call == "delete" else "stop"] == 2
    failed = [name for name in made.report.undeclared_failures if BAD in name]
    assert len(failed) == (ERRORS[kind] == "failed")


@pytest.mark.parametrize("kind", [RoleNotReady, Denied])
def test_a_permission_may_be_missing_while_iam_lags(kind: type[PortError]) -> None:
    account = poisoned("create")
    account.poison.error = kind("TheCode", "the message")
    began = account.clock.now()
    report = account.reconcile(the_declarations(), began=began).report
    assert report.failures == {}
    assert report.entries[BAD].reason == "TheCode: the message"
    account.clock.advance(IAM_LAG.total_seconds() + 1)
    report = account.reconcile(the_declarations(), began=began).report
    assert list(report.failures) == [BAD]
    assert "the message" in report.failures[BAD]


@pytest.mark.parametrize("kind", ERRORS)
def test_what_concerns_all_jobs_ends_the_pass(kind: type[PortError]) -> None:
    account = poisoned("list", "")
    account.poison.error = kind("TheCode", "the message")
    with pytest.raises(kind):
        account.reconcile(the_declarations())
    assert account.sagemaker.accepted() == []
