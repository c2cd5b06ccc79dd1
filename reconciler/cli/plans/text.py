"""A plan for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Final

from reconciler.cli.findings.colour import Paint, plain
from reconciler.cli.plans.document import ActionKind, PlanDocument, title
from reconciler.cli.plans.lines import FOLD_ABOVE, Line, hints, line, lines, place, shown

_COLOURS: Final = {
    ActionKind.CONFLICT: "error",
    ActionKind.FAILED: "error",
    ActionKind.DELETE: "warning",
    ActionKind.STOP: "warning",
    ActionKind.REPLACE: "warning",
    ActionKind.RETRY: "info",
    ActionKind.CREATE: "info",
    ActionKind.RETAG: "info",
}
_WORD: Final = 13
_SCREEN: Final = 30
"""After so many lines the changes are listed again, without their details."""


def render(
    document: PlanDocument, paint: Paint = plain, *, show: str = "changes", is_only: bool = True
) -> str:
    """Return a plan as text: a line a job, fewer if there are many, and a summary.

    Args:
        document: The plan.
        paint: Colours a text.
        show: Which jobs are listed.
        is_only: Whether it is of the only place; otherwise the summary names the place.
    """
    chosen = shown(document, show)
    fold = show == "changes" and len(chosen) > FOLD_ABOVE
    text = []
    for owner, actions in groupby(chosen, key=lambda action: action.owner):
        text.append(paint("bold", f"{owner} ({place(document)})"))
        for each in lines(list(actions), fold=fold):
            text.extend(_block(each, paint))
        text.append("")
    if fold:
        text.append("Many jobs: shown by model and target. --show all has a line for each.")
    elif len(text) > _SCREEN and document.changes:
        text.append(paint("bold", "Changes:"))
        text.extend(next(_block(replace(line(each), why=""), paint)) for each in document.changes)
        text.append("")
    where = "" if is_only else f" ({place(document)})"
    text.append(paint("bold", f"{title(document)}{where}"))
    text.extend(hints(document))
    if document.changes:
        text.append(f"Digest: {document.digest}")
    return "\n".join(text) + "\n"


def _block(shown_line: Line, paint: Paint) -> Iterator[str]:
    head = f"{shown_line.symbol:>3} {shown_line.word:<{_WORD}}"
    colour = _COLOURS.get(shown_line.kind)
    head = paint(colour, head) if colour else head
    yield f"  {head} {shown_line.about}{f'  {shown_line.why}' if shown_line.why else ''}"
    for detail in shown_line.details:
        yield f"  {'':>{_WORD + 4}}   {detail}"
