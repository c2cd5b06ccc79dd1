"""What an apply shows while it runs: lines, JSON Lines, or a table on a terminal. All on stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import click

from reconciler.cli.findings.printable import printable
from reconciler.cli.findings.units import seconds_text
from reconciler.core.ports import Clock

CHOICES: Final = ("auto", "lines", "jsonl", "none")
_ACTIONS: Final = {
    "create": "Create", "next attempt": "Create again", "retag": "Retag", "stop": "Stop",
    "delete": "Delete the record of",
}  # fmt: skip

Detail = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far one job is.

    Attributes:
        name: Its logical name.
        since: Its CreationTime while it runs; None before and after.
        expected: How many seconds such jobs took before; None if that is not known.
        note: Why it waits, if it does.
        whose: Its owner, account and region, where several are applied at once.
    """

    name: str
    job: str
    status: str
    since: datetime | None = None
    expected: float | None = None
    note: str = ""
    whose: str = ""

    def elapsed(self, now: datetime) -> float | None:
        """Return the seconds since its creation while it runs."""
        return None if self.since is None else (now - self.since).total_seconds()

    def text(self, now: datetime) -> str:
        """Return the row as people read it."""
        elapsed = self.elapsed(now)
        times = "" if elapsed is None else seconds_text(elapsed)
        if times and self.expected is not None:
            times = f"{times} of about {seconds_text(self.expected)}"
        parts = (f"{self.status:<10} {self.name}", times or self.note, self.job, self.whose)
        return printable("  ".join(part for part in parts if part))


class ProgressView(Protocol):
    """Shows an apply while it runs."""

    def event(self, name: str, **fields: Detail) -> None:
        """Show what a pass does, as it does it."""
        ...

    def show(self, rows: Sequence[JobProgress]) -> None:
        """Show how far all jobs are, after a pass."""
        ...

    def pause(self, seconds: float) -> None:
        """Let time pass until the next pass."""
        ...


@dataclass(slots=True)
class ProgressLines:
    """A line for each change that is made, and for each status that a job gets."""

    clock: Clock
    sleep: Callable[[float], None]
    _shown: dict[str, str] = field(default_factory=dict)

    def event(self, name: str, **fields: Detail) -> None:
        """Show a change, or whatever else happens."""
        click.echo(event_text(name, fields), err=True)

    def show(self, rows: Sequence[JobProgress]) -> None:
        """Show the jobs whose status is another than before."""
        for row in changed(rows, self._shown):
            click.echo(f"  {row.text(self.clock.now())}", err=True)

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.sleep(seconds)


@dataclass(slots=True)
class ProgressEvents:
    """The same as JSON, one event a line, for programs."""

    clock: Clock
    sleep: Callable[[float], None]
    _shown: dict[str, str] = field(default_factory=dict)

    def event(self, name: str, **fields: Detail) -> None:
        """Write a change, or whatever else happens."""
        self._write(name.replace(" ", "_"), **fields)

    def show(self, rows: Sequence[JobProgress]) -> None:
        """Write the status of the jobs whose status is another than before."""
        now = self.clock.now()
        for row in changed(rows, self._shown):
            self._write(
                "job_status", logical_name=row.name, job=row.job, status=row.status,
                elapsed_seconds=row.elapsed(now), expected_seconds=row.expected,
                reason=row.note or None, whose=row.whose or None,
            )  # fmt: skip

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.sleep(seconds)

    def _write(self, kind: str, **fields: Detail) -> None:
        known = {key: value for key, value in fields.items() if value is not None}
        event = {"type": kind, "time": self.clock.now().isoformat(), **known}
        click.echo(json.dumps(event), err=True)


@dataclass(slots=True)
class ProgressTable:
    """A table on a terminal, drawn anew every second: a row a job, those that run first."""

    clock: Clock
    sleep: Callable[[float], None]
    size: Callable[[], os.terminal_size] = shutil.get_terminal_size
    _rows: Sequence[JobProgress] = ()
    _height: int = 0

    def event(self, name: str, **fields: Detail) -> None:
        """Show a change above the table."""
        self._erase()
        click.echo(event_text(name, fields), err=True)
        self._draw()

    def show(self, rows: Sequence[JobProgress]) -> None:
        """Draw the table anew."""
        self._rows = rows
        self._erase()
        self._draw()

    def pause(self, seconds: float) -> None:
        """Wait, and let the table tell the time."""
        while seconds > 0:
            self.sleep(min(seconds, 1.0))
            seconds -= 1.0
            self._erase()
            self._draw()

    def _erase(self) -> None:
        if self._height:
            click.echo(f"\x1b[{self._height}F\x1b[J", err=True, nl=False, color=True)
            self._height = 0

    def _draw(self) -> None:
        lines = list(self._lines())
        self._height = len(lines)
        for line in lines:
            click.echo(line, err=True)

    def _lines(self) -> Iterator[str]:
        if not self._rows:
            return
        columns, rows = self.size()
        room, now = max(rows - 3, 1), self.clock.now()
        ordered = sorted(self._rows, key=lambda row: row.since is None)
        for row in ordered[:room]:
            yield f"  {row.text(now)}"[: columns - 1]
        if len(ordered) > room:
            yield f"  and {len(ordered) - room} more"


@dataclass(slots=True)
class NoProgress:
    """Shows nothing."""

    sleep: Callable[[float], None]

    def event(self, name: str, **fields: Detail) -> None:
        """Show nothing."""

    def show(self, rows: Sequence[JobProgress]) -> None:
        """Show nothing."""

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.sleep(seconds)


def progress_view(choice: str, clock: Clock, sleep: Callable[[float], None]) -> ProgressView:
    """Return what was chosen; ``auto`` is a table on a terminal, and lines elsewhere."""
    match choice:
        case "jsonl":
            return ProgressEvents(clock, sleep)
        case "none":
            return NoProgress(sleep)
        case "auto" if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            return ProgressTable(clock, sleep)
        case _:
            return ProgressLines(clock, sleep)


def changed(rows: Sequence[JobProgress], shown: dict[str, str]) -> Iterator[JobProgress]:
    """Yield the rows whose job or status is another than was shown, and note them as shown."""
    for row in rows:
        key, state = f"{row.whose} {row.name}", f"{row.job} {row.status}"
        if shown.get(key) != state:
            shown[key] = state
            yield row


def event_text(name: str, fields: dict[str, Detail]) -> str:
    """Return an event of a pass in one line."""
    action = _ACTIONS.get(str(fields.get("action")), "")
    if name in {"applied", "not applied"} and action:
        failed = "" if name == "applied" else "Not done: "
        return printable(f"{failed}{action} {fields['job']}: {fields['reason']}")
    said = ", ".join(f"{key} {value}" for key, value in fields.items())
    return printable(f"{name[:1].upper()}{name[1:]}: {said}")
