"""Time left in this call. A Lambda that is killed answers nothing; one that stops in time answers
"pending", and the next poll continues.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reconciler.core.ports import Unavailable

# One request with its retries: connect 3 s, read 10 s, three tries with their pauses are cut
# short by this reserve, and the answer still goes out.
RESERVE_SECONDS: Final = 15.0


class Budget:
    """Says whether another request may be begun. Without a limit it always may."""

    def __init__(self) -> None:
        self._remaining_millis: Callable[[], int] | None = None

    def follow(self, remaining_millis: Callable[[], int]) -> None:
        """Take the time left from the present call's context."""
        self._remaining_millis = remaining_millis

    def require(self) -> None:
        """Raise Unavailable if a request begun now might not end in time."""
        if self._remaining_millis is None:
            return
        if self._remaining_millis() / 1000 < RESERVE_SECONDS:
            raise Unavailable("OutOfTime", "this call's time is nearly over; the next continues")
