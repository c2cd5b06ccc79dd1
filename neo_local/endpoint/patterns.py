"""The service model's regular expressions, which are Java's, as Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

_UNICODE_CLASS = re.compile(r"\\p\{([A-Z][a-z]?)\}")


@cache
def _ranges(category: str) -> str:
    """Body of a character class that holds every code point of a Unicode category."""
    ranges: list[str] = []
    start: int | None = None
    for point in range(sys.maxunicode + 2):
        inside = point <= sys.maxunicode and unicodedata.category(chr(point)).startswith(category)
        if inside and start is None:
            start = point
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{point - 1:08x}")
            start = None
    return "".join(ranges)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern, ``\\p{..}`` written out; ``\\d`` and the like stay ASCII, as in Java."""
    expanded = _UNICODE_CLASS.sub(lambda found: _ranges(found.group(1)), pattern)
    return re.compile(expanded, re.ASCII)


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text matches, as the service applies its patterns."""
    return compiled(pattern).fullmatch(text) is not None
