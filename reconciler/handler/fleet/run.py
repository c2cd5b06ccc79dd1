"""One poll of one operation on a fleet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.core.declaration import Declaration
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.engine.lease import HeldLease
from reconciler.engine.state import FleetState
from reconciler.handler.event import Event, Timing
from reconciler.handler.fence import Fence, StackPhase
from reconciler.handler.fleet.ports import Ports
from reconciler.handler.fleet.properties import FleetProperties
from reconciler.handler.run import PHASES

PASS = timedelta(seconds=150)
"""How long one pass acts at most, before it lets the next poll go on."""


@dataclass(frozen=True, slots=True)
class FleetPoll:
    """What a step works with.

    Attributes:
        holder: Unique to this invocation; who the lease belongs to.
    """

    event: Event
    timing: Timing
    properties: FleetProperties
    ports: Ports
    state: FleetState
    holder: str

    def now(self) -> datetime:
        """The current time."""
        return self.ports.clock.now()

    def overdue(self) -> bool:
        """Whether the deadline has passed."""
        return self.now() >= self.timing.deadline

    def is_rollback(self) -> bool:
        """Whether an update is being undone."""
        return self.timing.baseline.phase is StackPhase.ROLLBACK

    def fence(self, *, outlives_stack: bool = False) -> Fence:
        """The fence of this operation."""
        return Fence(
            self.ports.stacks,
            self.event.stack_id,
            self.timing.baseline,
            allowed=PHASES[self.event.type],
            outlives_stack=outlives_stack,
        )

    def grip(
        self, desired: FleetGeneration, version: str, *, outlives_stack: bool = False
    ) -> HeldLease:
        """A grip on the fleet, not taken yet."""
        return HeldLease(
            self.state, self.ports.clock, self.ports.log, self.holder,
            self.fence(outlives_stack=outlives_stack).check, desired, version,
        )  # fmt: skip

    def declarations(self, desired: FleetGeneration) -> tuple[Declaration, ...]:
        """What a generation declares. Raises StateError, DocumentError."""
        document = self.state.document(desired.document)
        return document.declarations(self.properties.owner, desired.settings.tags)

    def pending(self, reason: str) -> dict[str, object]:
        """The answer that asks to be polled again."""
        self.ports.log("pending", request_id=self.event.request_id, reason=reason)
        return {"IsComplete": False}
