"""Limits on reading an untrusted archive: bytes, members, seconds.

Every byte that is expanded and every step of a parser is charged here, so that no input, however
made, can cost more than was allowed. Time is a port: tests give a clock of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.inspection.errors import LimitReached

MEBIBYTE = 1 << 20
_STEPS_BETWEEN_CLOCK_READS = 2048


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one inspection.

    Attributes:
        archive_bytes: Compressed size of the archive.
        expanded_bytes: Size of everything in it; also the most that is ever put on disk.
        ratio: Expanded over compressed size, looked at above `ratio_from` bytes. Trained weights
            hardly compress; gzip's own ceiling, reached by zeros, is about 1,030.
        ratio_from: Where `ratio` begins to count.
        members: Files, folders, links and extended headers in the archive.
        header_bytes: One extended header (a long name, a pax record).
        text_bytes: One text that is parsed as a whole (a JSON symbol, a Keras configuration).
        containers: Lists and maps in one such text; bounds the memory it can turn into.
        values: Values in one such text, for the same reason.
        models: Members that are looked into.
        steps: Fields, opcodes and records that the readers may visit in all.
        seconds: Time for all of it, download included.
    """

    archive_bytes: int = 8 * 1024 * MEBIBYTE
    expanded_bytes: int = 8 * 1024 * MEBIBYTE
    ratio: int = 200
    ratio_from: int = 32 * MEBIBYTE
    members: int = 20_000
    header_bytes: int = 64 * 1024
    text_bytes: int = 8 * MEBIBYTE
    containers: int = 200_000
    values: int = 500_000
    models: int = 32
    steps: int = 2_000_000
    seconds: float = 300.0


@dataclass(slots=True)
class ReadBudget:
    """What is left of `Limits`; raises `LimitReached` when it is used up."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    _steps: int = 0
    _next_look: int = 0
    _started: float | None = None

    def step(self, count: int = 1) -> None:
        """Charge work, and check the time now and then."""
        self._steps += count
        if self._steps >= self._next_look:
            self._next_look = self._steps + _STEPS_BETWEEN_CLOCK_READS
            self._look()

    def _look(self) -> None:
        if self._steps > self.limits.steps:
            raise LimitReached(f"more than {self.limits.steps:,} records to read")
        self.check_time()

    def check_time(self) -> None:
        """Raise `LimitReached` once the time is over; the first call starts it."""
        now = self.clock()
        if self._started is None:
            self._started = now
        if now - self._started > self.limits.seconds:
            raise LimitReached(f"more than {self.limits.seconds:g} seconds")
