"""Read a job's log: what has come so far, and with ``follow`` what comes until it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from reconciler.core.job_logs import JobLogs, LogEvent
from reconciler.core.observed import ObservedJob
from reconciler.core.ports import Gateway, Transient

FOLLOW_SECONDS: Final = 5.0
"""How often a followed log is looked at; events arrive in CloudWatch some seconds late."""
LATE_READS: Final = 2
"""How often a log is looked at after its job has ended."""


@dataclass(slots=True)
class LogReader:
    """Reads the streams of one job, each from where it was read last.

    Attributes:
        tokens: Where each stream is read on.
        pending: Events that were read, and not yielded since a later call failed.
        has_group: Whether the log group was there at the last look.
    """

    logs: JobLogs
    job: str
    tokens: dict[str, str] = field(default_factory=dict)
    pending: list[LogEvent] = field(default_factory=list)
    has_group: bool = True

    def read(self) -> Iterator[LogEvent]:
        """Yield the events since the last look, by time. Raises PortError before the first one."""
        found = self.logs.streams(self.job)
        self.has_group = found is not None
        for name in found or ():
            if name == self.job or name.startswith(f"{self.job}/"):
                self._read_stream(name)
        events = sorted(self.pending, key=lambda event: event.timestamp)
        self.pending.clear()
        yield from events

    def _read_stream(self, stream: str) -> None:
        """Read what a stream has beyond its token."""
        while True:
            token = self.tokens.get(stream, "")
            page = self.logs.page(stream, token)
            self.pending.extend(page.events)
            self.tokens[stream] = page.token
            if page.token == token:
                return


@dataclass(frozen=True, slots=True)
class LogFollower:
    """Reads a log until its job has ended.

    Attributes:
        warn: Reports what went wrong with a look; another one follows.
    """

    reader: LogReader
    gateway: Gateway
    pause: Callable[[float], None]
    warn: Callable[[str], None]

    def events(self) -> Iterator[LogEvent]:
        """Yield the events as they come; a job that is not there has ended. Raises PortError."""
        late = 0
        while True:
            try:
                ended = has_ended(self.gateway.describe(self.reader.job))
                yield from self.reader.read()
                late += ended
            except Transient as error:
                self.warn(f"will look again: {error}")
            if late > LATE_READS:
                return
            self.pause(FOLLOW_SECONDS)


def has_ended(job: ObservedJob | None) -> bool:
    """Return whether a job has stopped writing: it has ended, or does not exist."""
    return job is None or not job.is_under_way
