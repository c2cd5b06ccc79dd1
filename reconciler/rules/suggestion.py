"""The nearest known word to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_LENGTH = 64


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one most likely means, or None. Case does not count."""
    import difflib

    if len(word) > _MAX_LENGTH:
        return None
    by_lower = {item.lower(): item for item in known}
    found = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
