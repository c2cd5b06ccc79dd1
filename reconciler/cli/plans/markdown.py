"""A plan as a comment: what ends something on top, never longer than a comment may be."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

from reconciler.cli.findings.printable import clipped, printable
from reconciler.cli.plans.document import ATTENTION, ENDINGS, PlanDocument, title
from reconciler.cli.plans.lines import Line, hints, lines, place, shown

LIMIT: Final = 65_536
"""The most characters of a comment on GitHub."""
_LONGEST: Final = 400
_ESCAPES: Final = str.maketrans({each: f"\\{each}" for each in "\\`*_[]~|#!"})
_LINKED: Final = re.compile(r"(@|#|!|:(?=//)|\bwww(?=\.)|\bGH(?=-))", re.IGNORECASE)
"""What GitHub and GitLab make links and mentions of, after Markdown and whether escaped or not."""

_FIRST: Final = ENDINGS | ATTENTION
"""What a reader must not miss stands on top."""


def render_together(
    documents: Sequence[PlanDocument], *, show: str = "changes", limit: int = LIMIT
) -> str:
    """Return the plans of all places as one comment."""
    each = (limit - len(documents)) // max(len(documents), 1)
    return "\n".join(render(document, show=show, limit=each) for document in documents)


def render(document: PlanDocument, *, show: str = "changes", limit: int = LIMIT) -> str:
    """Return a plan as Markdown: in full if it fits, else a line a model, else cut short."""
    chosen = shown(document, show)
    digest = document.digest if document.changes else ""
    end = [*hints(document), *([f"Digest: `{digest}`"] if digest else [])]
    head = [f"### {title(document)}", place(document)]
    for fold in (False, True):
        found = [(line.kind in _FIRST, _item(line)) for line in lines(chosen, fold=fold)]
        found.sort(key=lambda each: not each[0])
        text = _text(head, found, end)
        if len(text) <= limit:
            return text
    return _cut(head, found, end, limit)


def _cut(
    head: Sequence[str], items: Sequence[tuple[bool, str]], end: Sequence[str], limit: int
) -> str:
    """Return as many items as fit, and how many are left out."""
    room = limit - len(_text(head, [(True, "x"), (False, "x")], [*end, _left_out(len(items))]))
    fitting = 0
    for _, item in items:
        room -= len(item) + 1
        if room < 0:
            break
        fitting += 1
    return _text(head, items[:fitting], [_left_out(len(items) - fitting), *end])


def _left_out(count: int) -> str:
    return f"{count} more lines do not fit; see the plan itself."


def _text(head: Sequence[str], items: Sequence[tuple[bool, str]], end: Sequence[str]) -> str:
    first = "\n".join(item for is_first, item in items if is_first)
    rest = "\n".join(item for is_first, item in items if not is_first)
    parts = [*head, first]
    if rest:
        parts.append(f"<details open><summary>Changes</summary>\n\n{rest}\n\n</details>")
    return "\n\n".join(part for part in (*parts, *end) if part) + "\n"


def _item(line: Line) -> str:
    why = f" {prose(line.why)}" if line.why else ""
    details = "".join(f"\n  - {code(detail)}" for detail in line.details)
    return f"- **{line.symbol} {line.word}** {code(line.about)}{why}{details}"


def code(text: str) -> str:
    """Return a text as code; a backtick in it would end that."""
    return f"`{clipped(printable(text), _LONGEST).replace('`', chr(39))}`"


def prose(text: str) -> str:
    """Return a text in which nothing is Markdown, HTML, a link or a mention."""
    plain = html.escape(clipped(printable(text), _LONGEST), quote=False)
    return _LINKED.sub(r"\1<!-- -->", plain.translate(_ESCAPES))
