"""A fleet for a terminal: a table, and below each failed job why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from reconciler.cli.findings.colour import Paint, plain
from reconciler.cli.findings.printable import columns, padded, printable
from reconciler.cli.findings.units import NOTHING, bytes_text, seconds_text
from reconciler.cli.fleets.status import FAILURES, FleetStatus, JobRow, JobState, summary

LISTED: Final = 200
"""With more jobs than this, compiled ones are only counted."""
_HEADS: Final = ("STATE", "MODEL", "TARGET", "AGE", "TIME", "SIZE", "JOB")
_WIDE: Final = (*_HEADS, "ARTIFACT", "DIGEST")
_COLOURS: Final = {
    **dict.fromkeys(FAILURES, "error"),
    JobState.UNKNOWN: "warning",
    JobState.NOT_CREATED: "warning",
    JobState.COMPLETED: "info",
}
_INDENT: Final = "    "


def render(
    status: FleetStatus, paint: Paint = plain, *, wide: bool = False, every: bool = False
) -> str:
    """Return a fleet as text.

    Args:
        status: The fleet.
        paint: Colours a text.
        wide: Whether artifacts and their digests are shown.
        every: Whether all jobs are listed, however many there are.
    """
    rows = listed(status, every=every)
    text = list(_table(rows, status.observed, paint, wide=wide)) if rows else []
    if left := len(status.rows) - len(rows):
        text.append(f"{left:,} completed jobs are not listed; --all lists them.")
    text.append(paint("bold", f"{summary(status)} ({place(status)})"))
    return "\n".join(text) + "\n"


def listed(status: FleetStatus, *, every: bool) -> tuple[JobRow, ...]:
    """Return the jobs to list: all, or of very many only those that are not compiled."""
    if every or len(status.rows) <= LISTED:
        return status.rows
    return tuple(row for row in status.rows if row.state is not JobState.COMPLETED)


def place(status: FleetStatus) -> str:
    """Return where a fleet is."""
    return f"account {status.account}, {status.region}"


def reason_lines(row: JobRow) -> Iterator[str]:
    """Yield why a job is as it is, and what to do."""
    if row.note:
        yield row.note
    if row.failure is None:
        return
    yield f"{row.failure.kind}: {row.failure.reason}"
    if row.failure.hint:
        yield f"Try: {row.failure.hint}"
    if row.failure.name:
        yield f"Explained by: neoctl explain {row.failure.name}"
    if row.log_stream and row.state is JobState.FAILED:
        yield f"Log: neoctl logs {row.log_stream}"


def _table(rows: Sequence[JobRow], now: datetime, paint: Paint, *, wide: bool) -> Iterator[str]:
    heads = _WIDE if wide else _HEADS
    cells = [[printable(each) for each in _cells(row, now)][: len(heads)] for row in rows]
    widths = [max(map(columns, column)) for column in zip(heads, *cells, strict=True)]
    yield paint("bold", _joined(heads, widths))
    for row, texts in zip(rows, cells, strict=True):
        line = _joined(texts, widths)
        colour = _COLOURS.get(row.state)
        first = widths[0]
        yield (paint(colour, line[:first]) if colour else line[:first]) + line[first:]
        yield from (f"{_INDENT}{printable(line)}" for line in reason_lines(row))


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padding = zip(cells, widths, strict=True)
    return "  ".join(padded(cell, width) for cell, width in padding).rstrip()


def _cells(row: JobRow, now: datetime) -> tuple[str, ...]:
    return (
        row.state.value, row.model, row.target or NOTHING, seconds_text(row.age(now)),
        seconds_text(row.duration(now)), bytes_text(row.artifact_bytes), row.job,
        row.artifact or NOTHING, row.digest or NOTHING,
    )  # fmt: skip
