"""The pace of calls: as fast as the service takes them, slower after a refusal, never for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.core.ports import Clock

SLOWEST: Final = 8.0
PATIENCE: Final = 6
"""So many refusals one after another end a pass; the next one goes on."""


@dataclass(slots=True)
class Pace:
    """Pauses between calls: none at first, doubled after a throttle, halved after a success.

    Attributes:
        until: When the pass is to end.
    """

    clock: Clock
    pause: Callable[[float], None]
    until: datetime
    delay: float = 0.0
    refused: int = 0

    def has_time(self) -> bool:
        """Whether there is time, and patience, for another call."""
        return self.refused < PATIENCE and self.clock.now() < self.until

    def keep(self) -> None:
        """Pause as long as is due now."""
        if self.delay:
            self.pause(self.delay)

    def went_well(self) -> None:
        """The service took the last call."""
        self.refused = 0
        self.delay = self.delay / 2 if self.delay > 0.1 else 0.0

    def went_badly(self) -> None:
        """It did not, for the time being."""
        self.refused += 1
        self.delay = min(max(self.delay * 2, 0.25), SLOWEST)
