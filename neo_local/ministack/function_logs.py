"""The last log lines of a function's invocation, which a busy machine delivers late."""

from __future__ import annotations

import fcntl
import struct
import termios
import time
from importlib import import_module
from subprocess import Popen
from typing import IO, Any, Final, Protocol

LATEST_SECONDS: Final = 5.0


class Worker(Protocol):
    """MiniStack's process of a function."""

    _proc: Popen[str] | None  # None after a failure, which ends it


def unread_bytes(stream: IO[str]) -> int:
    """Return how many bytes wait in a pipe; 0 if it is closed."""
    try:
        answer = fcntl.ioctl(stream.fileno(), termios.FIONREAD, bytes(4))
    except (OSError, ValueError):
        return 0
    return int(struct.unpack("i", answer)[0])


def wait_for_log_lines() -> None:
    """Have MiniStack read all that a function wrote before it takes the lines for its log.

    It waits 50 ms for them. On a busy machine its reading thread may not run in that time; the
    lines then go to the function's next invocation, or nowhere if there is none.
    """
    worker: Any = import_module("ministack.core.lambda_runtime").Worker
    taken = worker._drain_stderr_bounded

    def drain(self: Worker, *args: float, **options: float) -> str:
        latest = time.monotonic() + LATEST_SECONDS
        lines = self._proc.stderr if self._proc else None
        while lines and unread_bytes(lines) and time.monotonic() < latest:
            time.sleep(0.001)
        return str(taken(self, *args, **options))

    worker._drain_stderr_bounded = drain
