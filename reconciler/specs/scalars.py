"""What a plain YAML scalar means: text, unless it can be nothing but a number, true, false or null.

YAML 1.1 takes ``no`` for false, ``2020-01-01`` for a date, ``010`` for 8 and ``1e3`` for text
or a number, depending on the parser. Here all of those are text.
"""

from __future__ import annotations

import re
from typing import Final

_INT: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,40}")
_WORDS: Final[dict[str, bool | None]] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
}
_NUMBER_STARTS: Final = frozenset("-0123456789")


class Decimal(float):
    """A number with a point that knows how it was written: ``1.10`` is a version, too."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Decimal:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __reduce__(self) -> tuple[type[Decimal], tuple[str]]:
        return Decimal, (self.text,)


def plain(text: str) -> str | int | float | bool | None:
    """Return the value of a plain (unquoted) scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMBER_STARTS:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return Decimal(text)
    return text
