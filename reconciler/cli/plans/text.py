"""A plan for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from reconciler.cli.findings.colour import Paint, plain
from reconciler.cli.plans.document import ActionKind, PlanDocument, title
from reconciler.cli.plans.lines import FOLD_ABOVE, Line, hints, lines, place, shown

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


def render(document: PlanDocument, paint: Paint = plain, *, show: str = "changes") -> str:
    """Return a plan as text: one line a job, one a model if there are many, and a summary."""
    chosen = shown(document, show)
    fold = show == "changes" and len(chosen) > FOLD_ABOVE
    text = []
    for owner, actions in groupby(chosen, key=lambda action: action.owner):
        text.append(paint("bold", f"{owner} ({place(document)})"))
        for each in lines(list(actions), fold=fold):
            text.extend(_block(each, paint))
        text.append("")
    if fold:
        text.append("Many jobs: one line a model. --show all has one a job.")
    text.append(paint("bold", title(document)))
    text.extend(hints(document))
    if document.changes:
        text.append(f"Digest: {document.digest}")
    return "\n".join(text) + "\n"


def _block(line: Line, paint: Paint) -> Iterator[str]:
    head = f"{line.symbol:>3} {line.word:<{_WORD}}"
    colour = _COLOURS.get(line.kind)
    head = paint(colour, head) if colour else head
    yield f"  {head} {line.about}{f'  {line.why}' if line.why else ''}"
    for detail in line.details:
        yield f"  {'':>{_WORD + 4}}   {detail}"
