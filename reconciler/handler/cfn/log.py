"""Structured logs: one JSON object a line, on standard output, where Lambda takes them.

Events are never logged whole: their ResponseURL is a credential.
"""

from __future__ import annotations

import json
import sys


def json_log(event: str, **fields: str | int | float | bool | None) -> None:
    """Log to standard output."""
    write_line(json.dumps({"message": event, **fields}, separators=(",", ":"), default=str))


def write_line(line: str) -> None:
    """Write one line to standard output as it is."""
    sys.stdout.write(line + "\n")
