"""How far a value that is reported reaches in its line."""

from __future__ import annotations

from typing import Final

from reconciler.specs.checking import Located

_LONGEST: Final = 400


def end_column(item: Located) -> int:
    """Return the column behind the value that a finding is about."""
    text = item.source.text[item.offset : item.offset + _LONGEST]
    rest = text.splitlines()[:1]
    return item.position[1] + (length(rest[0]) if rest and rest[0] else 1)


def length(rest: str) -> int:
    """Return the length of the value at the beginning of a text."""
    if rest[:1] in ('"', "'"):
        end = rest.find(rest[0], 1)
        return end + 1 if end > 0 else len(rest)
    if rest[:1] in ("[", "{"):
        return _bracketed(rest)
    for index, letter in enumerate(rest):
        if letter in ",]}#" or rest[index : index + 2] in (": ", " #") or rest[index:] == ":":
            return max(len(rest[:index].rstrip()), 1)
    return max(len(rest.rstrip()), 1)


def _bracketed(rest: str) -> int:
    depth = 0
    for index, letter in enumerate(rest):
        depth += (letter in "[{") - (letter in "]}")
        if depth == 0:
            return index + 1
    return len(rest.rstrip())
