"""Suppressions in comments: ``# neoctl: ignore NEO307 because the model takes both layouts``.

At the end of a line it holds for findings on that line; on a line of its own for the next line.
``# neoctl: ignore-file NEO312 because …`` holds for the whole file. YAML only: JSON has no
comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reconciler.rules.finding import Finding
from reconciler.specs import codes
from reconciler.specs.source import Problem, Source

_MARK: Final = "neoctl:"
_COMMENT: Final = re.compile(
    r"(?:^|\s)#\s*neoctl:\s*ignore(?P<file>-file)?\s+"
    r"(?P<codes>NEO\d{3}(?:\s*,\s*NEO\d{3})*)\s*(?P<reason>.*)$"
)
_REASON: Final = re.compile(r"(?:because|--|:)\s*(?P<text>\S.*)")


@dataclass(frozen=True, slots=True)
class CommentSuppression:
    """One suppressed rule of a comment. ``line`` is None for the whole file."""

    code: str
    reason: str
    line: int | None
    offset: int


def suppressions_of(source: Source) -> tuple[list[CommentSuppression], list[Problem]]:
    """Return the suppressions in a text's comments; one without a reason is a problem instead."""
    found: list[CommentSuppression] = []
    problems: list[Problem] = []
    if _MARK not in source.text:
        return found, problems
    for number, line in enumerate(re.split(r"\r\n|\n|\r", source.text), 1):
        match = _COMMENT.search(line) if _MARK in line else None
        if match is None:
            continue
        offset = source.offset(number, match.start("codes") + 1)
        reason = _REASON.fullmatch(match["reason"].strip())
        if reason is None:
            problems.append(Problem(_no_reason(match["codes"]), offset))
            continue
        own_line = not line[: match.start()].strip()
        at = None if match["file"] else number + 1 if own_line else number
        for code in re.split(r"\s*,\s*", match["codes"]):
            found.append(CommentSuppression(code, reason["text"], at, offset))
    return found, problems


def _no_reason(listed: str) -> Finding:
    return codes.NO_REASON.at(
        "", "a suppression requires a reason", got=listed,
        allowed=f"# neoctl: ignore {listed} because …",
    )  # fmt: skip
