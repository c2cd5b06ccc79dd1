"""The lines of a plan, one a job, folded where there are many: what all renderings share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
"""More actions than this are shown as one line a model."""
_MODELS: Final = 20
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
    """Yield a line a job or, folded, a line a model, of so many models of each kind."""
    for kind, group in groupby(actions, key=lambda each: each.kind):
        if not fold:
            yield from map(line, group)
            continue
        models = [(name, list(jobs)) for name, jobs in groupby(group, key=_model)]
        for name, jobs in models[:_MODELS]:
            yield line(jobs[0]) if len(jobs) == 1 else _folded(kind, name, jobs)
        if left := [job for _, jobs in models[_MODELS:] for job in jobs]:
            yield Line(kind, f"{len(models) - _MODELS} more models", f"{len(left)} jobs")


def _folded(kind: ActionKind, model: str, jobs: Sequence[PlannedAction]) -> Line:
    return Line(kind, f"{printable(model)}: {_targets(jobs)}", f"{len(jobs)} jobs")


def line(action: PlannedAction) -> Line:
    """Return the line of one job."""
    named = f"{action.name} ({action.job})" if action.logical_name else action.job
    return Line(action.kind, printable(named), printable(action.reason), tuple(_details(action)))


def hints(document: PlanDocument) -> Iterator[str]:
    """Yield what is to be known of a plan as a whole."""
    counts = document.counts()
    if document.source is Basis.OFFLINE:
        yield "The account was not read: only names are certain."
    if document.source is Basis.SNAPSHOT:
        yield "Made of a snapshot: the account may have changed since."
    if counts[ActionKind.FAILED]:
        yield "Failed jobs are not tried again unless their settings change; see --retry-failed."
    if counts[ActionKind.KEEP] and not document.choices.refresh:
        yield (
            "Tags, settings and artifacts of compiled jobs were not read; --refresh compares them."
        )


def place(document: PlanDocument) -> str:
    """Return where a plan is for."""
    account = f"account {document.account}, " if document.account else ""
    return f"{account}{document.region or 'any region'}"


def _model(action: PlannedAction) -> str:
    return action.name.rpartition("/")[0] or action.name


def _targets(jobs: Sequence[PlannedAction]) -> str:
    names = [printable(job.name.rpartition("/")[2]) for job in jobs]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _details(action: PlannedAction) -> Iterator[str]:
    for edit in action.edits:
        yield _edit(edit)
    for key, value in action.set_tags:
        yield f"tag {printable(key)} = {printable(value)}"
    for key in action.remove_tags:
        yield f"tag {printable(key)} removed"
    yield from map(printable, action.notes)


def _edit(edit: Edit) -> str:
    return printable(f"{edit.path}: {edit.before or NOT_SET} -> {edit.after or NOT_SET}")
