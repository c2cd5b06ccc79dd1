"""Suggestions for misspelt words."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_LENGTH = 64


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to a misspelt one, or None. Case does not count."""
    import difflib

    if len(word) > _MAX_LENGTH:
        return None
    by_lower = {item.lower(): item for item in known}
    found = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean …?`` for a misspelt word, or an empty text."""
    near = closest(word, known)
    return f"Did you mean {near}?" if near else ""
