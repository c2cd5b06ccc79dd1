"""A token bucket: requests no faster than an API's known rate."""

from __future__ import annotations

import random
import time
from collections.abc import Callable


class RateLimit:
    """Lets one request pass every ``1 / per_second`` seconds, a little jittered so that several
    processes fall out of step. The clock, the pause and the randomness are injected for tests.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._interval = 1 / per_second
        self._clock, self._pause, self._jitter = clock, pause, jitter
        self._next = 0.0

    def wait(self) -> None:
        """Return when the next request may be sent."""
        now = self._clock()
        if now < self._next:
            self._pause(self._next - now)
            now = self._next
        self._next = now + self._interval * (1 + self._jitter() / 10)
