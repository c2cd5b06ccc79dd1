"""What may end a running job early: a stop request, or its time being over."""

from __future__ import annotations

import threading
import time

from neo_local.jobs.outcome import JobStopped, JobTimedOut


class Control:
    """One for each running job; `check` is called often and raises when the job must end."""

    def __init__(self, max_runtime_seconds: float) -> None:
        self._deadline = time.monotonic() + max_runtime_seconds
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def check(self) -> None:
        """Do nothing while the job may go on. Raises JobStopped or JobTimedOut."""
        if self._stop.is_set():
            raise JobStopped
        if time.monotonic() >= self._deadline:
            raise JobTimedOut
