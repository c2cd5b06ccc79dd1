"""The logs of compilation jobs, as a port: streams by job, events by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

LOG_GROUP: Final = "/aws/sagemaker/CompilationJobs"
"""Where the service writes the logs of compilation jobs; a stream is named by its job."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a job's log."""

    timestamp: datetime
    stream: str
    message: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some events of a stream, oldest first.

    Attributes:
        token: Where the next page begins; the token that was asked with if there is no more yet.
    """

    events: tuple[LogEvent, ...]
    token: str


class JobLogs(Protocol):
    """The log group of one account and region. Both methods may raise Transient and Denied."""

    def streams(self, prefix: str) -> list[str] | None:
        """Return the names of the streams that begin so; None if there is no log group."""
        ...

    def page(self, stream: str, token: str) -> LogPage:
        """Return the events after a token; from the stream's beginning for an empty one.

        A page without events is not the last one unless its token is the one asked with.
        """
        ...
