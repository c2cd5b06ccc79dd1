"""Structured logs: one JSON object a line, on standard output, where Lambda takes them.

Events are never logged whole: their ResponseURL is a credential.
"""

from __future__ import annotations

import json
import sys
from typing import Protocol


class Log(Protocol):
    """Where the handler says what it does."""

    def __call__(self, message: str, **fields: str | int | float | bool | None) -> None:
        """Log one event with its fields."""
        ...


def json_log(message: str, **fields: str | int | float | bool | None) -> None:
    """Log to standard output."""
    write_line(json.dumps({"message": message, **fields}, separators=(",", ":"), default=str))


def write_line(line: str) -> None:
    """Write one line to standard output as it is."""
    sys.stdout.write(line + "\n")
