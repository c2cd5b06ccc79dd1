"""The event history: who called what in an account, as CloudTrail remembers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call that succeeded.

    Attributes:
        operation: EventName.
        who: The caller's ARN, or what else CloudTrail names it by.
        about: Names and ARNs of what it was about.
    """

    time: datetime
    operation: str
    who: str
    about: frozenset[str] = frozenset()


class EventHistory(Protocol):
    """The management events of one account and region in the last 90 days.

    Events arrive some minutes late; S3's calls for objects are not among them. Both methods may
    raise PortError.
    """

    def about(self, resource: str) -> Sequence[ApiCall]:
        """Return the calls about a resource, by its name or ARN, newest first."""
        ...

    def of(self, operation: str) -> Sequence[ApiCall]:
        """Return the newest calls of an operation, newest first; there may be older ones."""
        ...
