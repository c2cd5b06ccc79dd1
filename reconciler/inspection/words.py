"""Tables of words, written as text."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, in order; ``-`` stands for an empty one."""
    return tuple("" if word == "-" else word for word in text.split())
