"""One poll of one operation on a fleet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from reconciler.core.contract import SETTLE
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.engine.lease import HeldLease
from reconciler.engine.state import FleetState, StoredGeneration
from reconciler.handler.cfn.fence import StackPhase
from reconciler.handler.cfn.poll import Poll
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.properties import FleetProperties

PASS: Final = timedelta(seconds=150)
"""How long one pass acts at most, before it lets the next poll go on."""


@dataclass(frozen=True, slots=True)
class FleetPoll(Poll):
    """What a step works with.

    Attributes:
        holder: Unique to this invocation; who the lease belongs to.
    """

    ports: FleetPorts
    properties: FleetProperties
    state: FleetState
    holder: str

    def is_rollback(self) -> bool:
        """Return whether an update is being undone."""
        return self.timing.baseline.phase is StackPhase.ROLLBACK

    def lease(self, stored: StoredGeneration, confirm: Callable[[], object]) -> HeldLease:
        """Return the lease on a generation, not taken yet; see ``HeldLease`` for ``confirm``."""
        clock, progress = self.ports.clock, self.ports.progress
        return HeldLease(self.state, clock, progress, self.holder, confirm, *stored)

    def settling(self, generation: FleetGeneration) -> str:
        """Return why to look again: another actor's creates may not be listed yet; or nothing."""
        if generation.may_appear(self.now(), SETTLE):
            return "jobs that were just created may not be listed yet"
        return ""
