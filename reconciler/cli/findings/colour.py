"""Colours of what is written to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final

Paint = Callable[[str, str], str]
"""Colours a text: ``paint("error", text)``."""

_ANSI: Final = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "bold": "1",
    "gutter": "1;34",
}


def ansi(kind: str, text: str) -> str:
    """Return a text in the terminal's colours."""
    return f"\x1b[{_ANSI[kind]}m{text}\x1b[0m"


def plain(_kind: str, text: str) -> str:
    """Return a text without colours."""
    return text


def painter() -> Paint:
    """Return ``ansi`` for a terminal or with FORCE_COLOR set, ``plain`` otherwise."""
    if os.environ.get("NO_COLOR"):
        return plain
    if os.environ.get("FORCE_COLOR"):
        return ansi
    return ansi if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else plain
