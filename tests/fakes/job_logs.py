"""In-memory logs of compilation jobs, with the pages and the delays of CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reconciler.core.job_logs import LogEvent, LogPage
from tests.fakes.gateway import Answer, Travel, at_once, port_error
from tests.fakes.sagemaker import ApiError


@dataclass(frozen=True, slots=True)
class Written:
    """An event; it can be read some seconds after it was written."""

    at: float
    message: str
    readable: float


@dataclass(slots=True)
class FakeJobLogs:
    """The log group; it does not exist before the first event.

    Attributes:
        clock: Seconds since 1970.
        page_size: Events of a page at most; every other page is empty and not the last.
    """

    clock: Callable[[], float]
    travel: Travel = at_once
    page_size: int = 2
    written: dict[str, list[Written]] = field(default_factory=dict)

    def write(self, stream: str, at: float, message: str, *, delay: float = 0.0) -> None:
        """Write an event, in the past or in the future."""
        self.written.setdefault(stream, []).append(Written(at, message, at + delay))

    def streams(self, prefix: str) -> list[str] | None:
        names = self._call("DescribeLogStreams", self._readable_streams)
        return [name for name in names if name.startswith(prefix)] if names else None

    def page(self, stream: str, token: str) -> LogPage:
        """Tokens are ``<events read>.<pages read>``; a page at the end keeps its token."""
        return self._call("GetLogEvents", lambda: self._page(stream, token))

    def _page(self, stream: str, token: str) -> LogPage:
        start, pages = map(int, (token or "0.0").split("."))
        rest = self._readable(stream)[start:]
        if not rest:
            return LogPage((), token or "0.0")
        taken = rest[: self.page_size] if pages % 2 else []
        events = [
            LogEvent(datetime.fromtimestamp(each.at, UTC), stream, each.message) for each in taken
        ]
        return LogPage(tuple(events), f"{start + len(taken)}.{pages + 1}")

    def _readable(self, stream: str) -> list[Written]:
        come = [each for each in self.written.get(stream, []) if each.readable <= self.clock()]
        return sorted(come, key=lambda each: each.readable)

    def _readable_streams(self) -> list[str]:
        return sorted(stream for stream in self.written if self._readable(stream))

    def _call(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        try:
            return self.travel(operation, commit)
        except ApiError as error:
            raise port_error(error) from error
