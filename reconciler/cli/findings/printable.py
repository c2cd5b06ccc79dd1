"""Text that comes from elsewhere, made safe to print: no name steers a terminal or a CI runner."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_COMMAND: Final = re.compile(r"^\s*::|##(?=\[|vso\[)")


def printable(text: str) -> str:
    """Return a text on one line, with a mark in place of each control character.

    Runners of GitHub and Azure take lines with ``::`` at their beginning, ``##[`` or ``##vso[``
    anywhere, for commands: they get a space.
    """
    text = _COMMAND.sub(_parted, text)
    if text.isprintable():
        return text
    return "".join(
        " " if letter.isspace() else letter if letter.isprintable() else "�" for letter in text
    )


def printable_lines(text: str) -> str:
    """Return a text of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))


def escaped(text: str) -> str:
    """Return a text with its control characters escaped as YAML and JSON do it."""
    return "".join(letter if letter.isprintable() else _escape(ord(letter)) for letter in text)


def clipped(text: str, longest: int) -> str:
    """Return a text of at most so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def padded(text: str, width: int) -> str:
    """Return a text followed by spaces up to a width in columns."""
    return text + " " * (width - columns(text))


def _parted(found: re.Match[str]) -> str:
    return f"{found[0][:-1]} {found[0][-1]}"


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
