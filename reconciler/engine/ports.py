"""What a pass reaches the outside by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.core.ports import Artifacts, Clock, Gateway

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy


class Progress(Protocol):
    """Where an actor reports what it does, as it does it: a log, or a terminal."""

    def __call__(self, event: str, **fields: str | int | float | bool | None) -> None:
        """Report one event with its fields."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside.

    Attributes:
        pause: Wait so many seconds.
        policy: What the organisation demands of every request, if anything.
    """

    gateway: Gateway
    artifacts: Artifacts
    clock: Clock
    pause: Callable[[float], None]
    progress: Progress
    policy: OrganisationPolicy | None = None
