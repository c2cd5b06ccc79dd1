"""Backoff: as fast as the service accepts calls, slower after a throttle, up to a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from reconciler.core.ports import Clock

_Item = TypeVar("_Item")
_STEP: Final = timedelta(minutes=1)
MAX_DELAY: Final = 8.0
MIN_DELAY: Final = 0.25
MAX_FAILURES: Final = 6
"""So many throttled calls in a row end a pass; the next pass continues."""


@dataclass(slots=True)
class Backoff:
    """Pauses between calls: none at first, doubled after a throttle, halved after a success.

    Attributes:
        until: When the pass is to end.
        delay: The pause before the next call, in seconds.
        failures: How many calls in a row were throttled.
    """

    clock: Clock
    pause: Callable[[float], None]
    until: datetime
    delay: float = 0.0
    failures: int = 0

    def has_time(self) -> bool:
        """Return whether another call may be made in this pass."""
        return self.failures < MAX_FAILURES and self.clock.now() < self.until

    def wait(self) -> None:
        """Pause for the current delay."""
        if self.delay:
            self.pause(self.delay)

    def succeeded(self) -> None:
        """Speed up: the service answered the last call."""
        self.failures = 0
        self.delay = self.delay / 2 if self.delay > 0.1 else 0.0

    def reset(self) -> None:
        """Forget failures: calls of another kind follow, which have a rate of their own."""
        self.failures = 0

    def throttled(self) -> None:
        """Slow down: the service did not take the last call."""
        self.failures += 1
        self.delay = min(max(self.delay * 2, MIN_DELAY), MAX_DELAY)


def rotated(items: Iterable[_Item], elapsed: timedelta) -> list[_Item]:
    """Return the items, beginning with another one each minute.

    Calls that are throttled every time, and end the pass, so do not keep others from being made.
    """
    found = list(items)
    first = elapsed // _STEP % len(found) if found else 0
    return [*found[first:], *found[:first]]
