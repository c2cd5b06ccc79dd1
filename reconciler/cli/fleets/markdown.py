"""A fleet as Markdown, for a comment or a page of a wiki: bounded, and safe against markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.cli.findings.printable import printable
from reconciler.cli.findings.units import bytes_text, seconds_text
from reconciler.cli.fleets.status import FleetStatus, JobRow, summary
from reconciler.cli.fleets.text import place, reason_lines
from reconciler.cli.plans.markdown import LIMIT, code, prose

_HEAD: Final = "| state | model | target | age | time | size | job |\n|---|---|---|---|---|---|---|"
_ROOM_FOR_THE_END: Final = 200


def render(status: FleetStatus, limit: int = LIMIT) -> str:
    """Return a fleet as a table, failed jobs first; as many rows as the limit allows.

    Args:
        status: The fleet.
        limit: How many characters it may have.
    """
    head = f"### {summary(status)}\n\n{prose(place(status))}\n\n{_HEAD}\n"
    text, left = [head], limit - len(head) - _ROOM_FOR_THE_END
    for index, row in enumerate(status.rows):
        line = _row(row, status.observed)
        if len(line) > left:
            text.append(f"\n{len(status.rows) - index} more jobs do not fit; see neoctl status.\n")
            break
        text.append(line)
        left -= len(line)
    return "".join(text)


def _row(row: JobRow, now: datetime) -> str:
    return "| " + " | ".join(_cells(row, now)) + " |\n"


def _cells(row: JobRow, now: datetime) -> Iterator[str]:
    reasons = "".join(f"<br>{prose(printable(line))}" for line in reason_lines(row))
    yield f"**{row.state.value}**{reasons}"
    yield from (prose(printable(row.model)), prose(printable(row.target)))
    yield from map(seconds_text, (row.age(now), row.duration(now)))
    yield bytes_text(row.artifact_bytes)
    yield code(printable(row.job))
