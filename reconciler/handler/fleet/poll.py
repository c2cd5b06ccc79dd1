"""One poll of one operation on a fleet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.core.completion import Failed, Pending
from reconciler.core.contract import SETTLE
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.ports import PortError
from reconciler.engine.errors import outcome_of
from reconciler.engine.lease import HeldLease
from reconciler.engine.state import FleetState, StoredGeneration
from reconciler.handler.cfn.event import ACTS_IN, Event, Timing
from reconciler.handler.cfn.fence import Fence, StackPhase
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.properties import FleetProperties

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
    ports: FleetPorts
    state: FleetState
    holder: str

    def now(self) -> datetime:
        """Return the current time."""
        return self.ports.clock.now()

    def is_overdue(self) -> bool:
        """Return whether the deadline has passed."""
        return self.now() >= self.timing.deadline

    def is_rollback(self) -> bool:
        """Return whether an update is being undone."""
        return self.timing.baseline.phase is StackPhase.ROLLBACK

    def fence(self, *, outlives_stack: bool = False) -> Fence:
        """Return the fence of this operation."""
        return Fence(
            self.ports.stacks,
            self.event.stack_id,
            self.timing.baseline,
            allowed=ACTS_IN[self.event.type],
            outlives_stack=outlives_stack,
        )

    def lease(self, stored: StoredGeneration) -> HeldLease:
        """Return the lease of a deployment, behind its fence, not taken yet."""
        return HeldLease(
            self.state, self.ports.clock, self.ports.progress, self.holder, self.fence().check,
            *stored,
        )  # fmt: skip

    def lease_of_removal(self, stored: StoredGeneration) -> HeldLease:
        """Return the lease of a Delete, which goes on whatever the stack does, not taken yet."""
        return HeldLease(
            self.state, self.ports.clock, self.ports.progress, self.holder, lambda: None, *stored
        )

    def declarations(self, generation: FleetGeneration) -> tuple[Declaration, ...]:
        """Return what a generation declares. Raises StateError, DocumentError."""
        document = self.state.document(generation.document)
        return document.declarations(self.properties.owner, generation.settings.tags)

    def settling(self, generation: FleetGeneration) -> str:
        """Return why to look again: another actor's creates may not be listed yet; or nothing."""
        if generation.may_appear(self.now(), SETTLE):
            return "jobs that were just created may not be listed yet"
        return ""

    def outcome_of(self, error: PortError) -> Pending | Failed:
        """Return what an error of a call for all jobs means for the operation."""
        return outcome_of(error, self.now() - self.timing.began)

    def pending(self, reason: str) -> dict[str, object]:
        """Return the answer that asks for another poll."""
        self.ports.progress("pending", request_id=self.event.request_id, reason=reason)
        return {"IsComplete": False}
