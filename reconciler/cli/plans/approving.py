"""What is checked of a plan before it is applied."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import click

from reconciler.cli.options.outside import AccountView
from reconciler.cli.options.specs import could_not_run
from reconciler.cli.plans.document import (
    CREATIONS,
    ENDINGS,
    ActionKind,
    Basis,
    PlanDocument,
    PlannedAction,
)
from reconciler.cli.plans.files import PlanFileError
from reconciler.core.contradictions import refuse_contradictions
from reconciler.core.declaration import Declaration
from reconciler.core.identity import JobName

_REFUSED: Final = {
    Basis.SNAPSHOT: "made of a snapshot, not of an account",
    Basis.OFFLINE: "made of the specs alone, not of an account",
    Basis.APP: "a plan of a CDK app, which `cdk deploy` deploys",
}


def verified(document: PlanDocument, account: AccountView, path: str) -> PlanDocument:
    """Return a plan that was read from a file, if it is one for this account.

    A file may be written by anybody: its declarations must be those of the jobs that it names.
    Raises PlanFileError, PlanError.
    """
    if document.source is not Basis.ACCOUNT:
        raise PlanFileError(f"{path}: {_REFUSED[document.source]}")
    for what, planned, now in (
        ("account", document.account, account.id), ("region", document.region, account.region),
    ):  # fmt: skip
        if planned != now:
            raise PlanFileError(f"{path}: made for {what} {planned}, this is {what} {now}")
    refuse_contradictions(document.declarations)
    declared = {(each.owner.name, each.logical_name): each for each in document.declarations}
    for action in document.changes:
        _verify(action, declared.get((action.owner, action.logical_name)), path)
    return document


def _verify(action: PlannedAction, declaration: Declaration | None, path: str) -> None:
    name = JobName.parse(action.job)
    if name is None or name.identity.owner.name != action.owner:
        raise PlanFileError(f"{path}: {action.job} is not a job of {action.owner}")
    if action.kind not in CREATIONS:
        return
    if declaration is None or declaration.identity != name.identity:
        raise PlanFileError(
            f"{path}: {action.job} is not the job of the declaration {action.logical_name!r}"
        )


def ask_for_approval() -> None:
    """Ask whether to go on. Exits with an error if nobody can be asked, or the answer is no."""
    if not sys.stdin.isatty():
        could_not_run("nobody can be asked to approve: no terminal. Give --auto-approve.")
    if not click.confirm("Apply these changes?", err=True):
        could_not_run("not approved; nothing was changed")


def require_acceptable(
    documents: Sequence[PlanDocument],
    expect: Sequence[str],
    max_deletes: int | None,
    *,
    allow_empty: bool,
) -> None:
    """Exit with an error for a plan that was not expected, or plans that end more than they may.

    Args:
        expect: The digests that were reviewed; empty if none is demanded.
    """
    for document in documents:
        if expect and document.digest not in expect:
            could_not_run(
                f"the plan's digest is {document.digest}, expected is {' or '.join(expect)}"
            )
    ended = sum(map(_endings, documents))
    if max_deletes is not None and ended > max_deletes:
        could_not_run(
            f"{ended} {'job' if ended == 1 else 'jobs'} would be stopped or deleted, --max-deletes "
            f"allows {max_deletes}"
        )
    for document in documents:
        if not allow_empty and not document.choices.destroy:
            _refuse_to_end_all(document)


def _endings(document: PlanDocument) -> int:
    """Return how many jobs a plan ends and does not replace."""
    replaced = {action.previous for action in document.actions if action.kind is ActionKind.REPLACE}
    return sum(action.kind in ENDINGS and action.job not in replaced for action in document.changes)


def _refuse_to_end_all(document: PlanDocument) -> None:
    for owner, actions in groupby(document.actions, key=lambda action: action.owner):
        if all(action.kind in ENDINGS for action in actions):
            could_not_run(
                f"nothing declares a job of {owner}, so all of its jobs would end; if that is "
                "meant, give --allow-empty"
            )
