"""What is known of job names besides the observed jobs; single jobs know nothing of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from reconciler.core.identity import Identity

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A request that was refused before, by whom it was sent and with which settings."""

    operation: str
    settings: str
    reason: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier passes learnt of names, and what this one could not read.

    Attributes:
        taken: Names that the service says are in use by a job that was not visible, and since when.
        rejected: Names whose requests were refused.
        unread: Why the jobs of an identity could not be read in this pass.
        now: The current time.
    """

    taken: Mapping[str, datetime] = field(default_factory=dict)
    rejected: Mapping[str, Rejection] = field(default_factory=dict)
    unread: Mapping[Identity, str] = field(default_factory=dict)
    now: datetime = _LONG_AGO


NO_MEMORY: Final = Memory()
