"""Backoff: find the pace at which the service accepts calls, and repeat what it throttled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from reconciler.core.ports import Clock

_Item = TypeVar("_Item")
_STEP: Final = timedelta(minutes=1)
MAX_DELAY: Final = 8.0
MIN_DELAY: Final = 0.1
SHORTEST: Final = 0.02
"""A shorter pause is none."""
MAX_FAILURES: Final = 6
"""So many throttled calls in a row end a pass; the next pass continues."""


@dataclass(slots=True)
class Backoff:
    """Pauses between calls: none at first, then what the service was seen to allow.

    A service that enforces a rate may keep no stock for bursts. A throttled call is therefore
    repeated soon, and the pause that was then long enough is kept. Each success shortens it, first
    by a hundredth and then by twice as much each time, so that the pace follows a rate closely and
    forgets a throttle that was by chance.

    Attributes:
        until: When the pass is to end.
        delay: The pause before a call, in seconds.
        failures: How many calls in a row were throttled.
    """

    clock: Clock
    pause: Callable[[float], None]
    until: datetime
    delay: float = 0.0
    failures: int = 0
    _successes: int = 0
    _repeated: float = 0.0

    def has_time(self) -> bool:
        """Return whether another call may be made in this pass."""
        return self.failures < MAX_FAILURES and self.clock.now() < self.until

    def wait(self) -> None:
        """Pause before a call; before a repeated one only as much longer as seems needed."""
        seconds = self._repetition() if self.failures else self.delay
        if self.failures:
            self._repeated += seconds
        if seconds:
            self.pause(seconds)

    def _repetition(self) -> float:
        first = self.delay / 8 or MIN_DELAY
        return min(first * 4.0 ** (self.failures - 1), MAX_DELAY)

    def succeeded(self) -> None:
        """Adapt the pace: the service answered the last call."""
        if self.failures:
            longest = max(self.delay * 1.25, MIN_DELAY)
            self.delay = min(self.delay + self._repeated, longest)
            self.failures, self._successes, self._repeated = 0, 0, 0.0
        else:
            self.delay *= 1 - min(0.01 * 2 ** min(self._successes, 6), 0.5)
            self.delay = self.delay if self.delay > SHORTEST else 0.0
            self._successes += 1

    def reset(self) -> None:
        """Forget failures and the pace: calls of another kind follow, with a rate of their own."""
        self.failures, self._successes = 0, 0
        self.delay = self._repeated = 0.0

    def throttled(self) -> None:
        """Slow down: the service did not take the last call."""
        self.failures += 1


def rotated(items: Iterable[_Item], elapsed: timedelta) -> list[_Item]:
    """Return the items, beginning with another one each minute.

    Calls that are throttled every time, and end the pass, so do not keep others from being made.
    """
    found = list(items)
    first = elapsed // _STEP % len(found) if found else 0
    return [*found[first:], *found[:first]]
