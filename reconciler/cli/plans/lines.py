"""The lines of a plan, one a job, folded where there are many: what all renderings share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from reconciler.cli.findings.printable import printable
from reconciler.cli.plans.document import (
    ATTENTION,
    ActionKind,
    Basis,
    Edit,
    PlanDocument,
    PlannedAction,
)
from reconciler.cli.plans.edits import TAG_PATH
from reconciler.cli.plans.estimate import Estimate

SYMBOLS: Final = {
    ActionKind.CONFLICT: "!",
    ActionKind.FAILED: "x",
    ActionKind.DELETE: "-",
    ActionKind.STOP: "-",
    ActionKind.REPLACE: "-/+",
    ActionKind.RETRY: "+",
    ActionKind.CREATE: "+",
    ActionKind.RETAG: "~",
    ActionKind.UNKNOWN: "?",
    ActionKind.WAIT: "=",
    ActionKind.KEEP: "=",
}
WORDS: Final = {
    ActionKind.DELETE: "delete record", ActionKind.RETRY: "create again",
    ActionKind.KEEP: "unchanged", ActionKind.WAIT: "under way",
}  # fmt: skip
FOLD_ABOVE: Final = 50
"""More actions than this are shown by model and target."""
_GROUPS: Final = 20
_NAMED: Final = 4
NOT_SET: Final = "(not set)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan, with its details.

    Attributes:
        about: A job, or the jobs of a model.
        why: The reason.
        details: What differs, one a line.
    """

    kind: ActionKind
    about: str
    why: str = ""
    details: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """What stands before it."""
        return SYMBOLS[self.kind]

    @property
    def word(self) -> str:
        """What is done."""
        return WORDS.get(self.kind, self.kind.value)


def shown(document: PlanDocument, show: str) -> list[PlannedAction]:
    """Return the actions to show: ``changes``, ``all``, or with ``summary`` none."""
    if show == "summary":
        return []
    return [
        action
        for action in document.actions
        if show == "all" or action.is_change or action.kind in ATTENTION or action.notes
    ]


def lines(actions: Sequence[PlannedAction], *, fold: bool) -> Iterator[Line]:
    """Yield a line a job or, folded, one for the models that have the same targets."""
    if not fold:
        yield from map(line, actions)
        return
    for kind, group in groupby(actions, key=lambda each: each.kind):
        yield from _folded(kind, group)


def _folded(kind: ActionKind, actions: Iterable[PlannedAction]) -> Iterator[Line]:
    """Yield a line for each group of models, of so many groups."""
    groups: dict[tuple[str, ...], dict[str, list[PlannedAction]]] = {}
    for model, group in groupby(actions, key=_model):
        jobs = list(group)
        groups.setdefault(tuple(map(_target, jobs)), {})[model] = jobs
    for targets, models in list(groups.items())[:_GROUPS]:
        jobs = [job for group in models.values() for job in group]
        if len(jobs) == 1:
            yield line(jobs[0])
        else:
            about = f"{_some(list(models))}: {_some(targets)}"
            yield Line(kind, about, f"{len(jobs)} jobs")
    if left := list(groups.values())[_GROUPS:]:
        count = sum(len(jobs) for models in left for jobs in models.values())
        yield Line(kind, f"{sum(map(len, left))} more models", f"{count} jobs")


def line(action: PlannedAction) -> Line:
    """Return the line of one job."""
    job = action.job or "name known after the deployment"
    named = f"{action.name} ({job})" if action.logical_name else job
    return Line(action.kind, printable(named), printable(action.reason), tuple(_details(action)))


def hints(document: PlanDocument) -> Iterator[str]:
    """Yield what is to be known of a plan as a whole."""
    counts = document.counts()
    if document.changes:
        yield Estimate.of(document).text()
    if document.source is Basis.OFFLINE:
        yield "The account was not read: only what is declared is certain."
    if document.source is Basis.SNAPSHOT:
        yield "Made of a snapshot: the account may have changed since."
    if counts[ActionKind.FAILED]:
        yield "Failed jobs are not tried again unless their settings change; see --retry-failed."
    if document.source is Basis.APP:
        yield (
            "What `cdk deploy` would do. CloudFormation leaves resources alone that the template "
            "does not change; their jobs were not read."
        )
    elif counts[ActionKind.KEEP] and not document.choices.refresh:
        yield (
            "Tags, settings and artifacts of compiled jobs were not read; --refresh compares them."
        )


def place(document: PlanDocument) -> str:
    """Return where a plan is for."""
    account = f"account {document.account}, " if document.account else ""
    return f"{account}{document.region or 'any region'}"


def _model(action: PlannedAction) -> str:
    return action.name.rpartition("/")[0] or action.name


def _target(action: PlannedAction) -> str:
    return action.name.rpartition("/")[2]


def _some(names: Sequence[str]) -> str:
    """Return the first of the names, and how many there are besides."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return printable(", ".join(names[:_NAMED])) + more


def _details(action: PlannedAction) -> Iterator[str]:
    before = {edit.path: edit.before for edit in action.edits}
    for edit in action.edits:
        if not edit.path.startswith(TAG_PATH):
            yield _edit(edit)
    tags = {key: json.dumps(value) for key, value in action.set_tags}
    for key in (*tags, *action.remove_tags):
        path = f"{TAG_PATH}{key}"
        yield _edit(Edit(path, before.get(path, ""), tags.get(key, "")))
    yield from map(printable, action.notes)


def _edit(edit: Edit) -> str:
    return printable(f"{edit.path}: {edit.before or NOT_SET} -> {edit.after or NOT_SET}")
