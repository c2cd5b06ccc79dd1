"""The lease: what lets one actor at a time change the jobs of a fleet.

An actor looks at its lease before each batch of changes, and ends when it is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from reconciler.core.fleet.generation import FleetGeneration, StateError
from reconciler.core.ports import Clock, PortError, Transient, WriteConflict
from reconciler.engine.ports import Progress
from reconciler.engine.state import FleetState


class LeaseLost(Exception):
    """Another actor holds the fleet, or changed what is desired; this one changes nothing more."""


class Lease(Protocol):
    """What lets an actor change jobs."""

    def renew(self, *, creates: bool) -> None:
        """Confirm, before a batch of changes, that the actor may still make them.

        Args:
            creates: Whether the batch may create jobs.

        Raises LeaseLost, or whatever else ends the actor's turn; PortError if that is not known.
        """
        ...


def require_free(generation: FleetGeneration, holder: str, now: datetime) -> None:
    """Raise LeaseLost, with the holder and the expiry, if another actor holds the lease."""
    lease = generation.lease
    if lease is not None and not generation.is_free(holder, now):
        until = lease.until.isoformat(timespec="seconds")
        raise LeaseLost(f"{lease.holder} holds the fleet's lease until {until}")


@dataclass(frozen=True, slots=True)
class NoLease:
    """For an actor without competitors, or one that cannot reach the state."""

    def renew(self, *, creates: bool) -> None:
        """Confirm at once."""


@dataclass(slots=True)
class HeldLease:
    """The lease in a fleet's generation object, for one actor.

    Attributes:
        holder: Who holds it: unique to one pass, or one call of a Lambda.
        confirm: Raises if the actor may not go on for another reason, such as a stack that
            went on to another operation.
        generation: What is desired, as last read or written.
        version: The version of its object.
    """

    state: FleetState
    clock: Clock
    progress: Progress
    holder: str
    confirm: Callable[[], object]
    generation: FleetGeneration
    version: str

    def __enter__(self) -> Self:
        """Take the lease. Raises LeaseLost if another actor holds it."""
        require_free(self.generation, self.holder, self.clock.now())
        self.renew(creates=False)
        return self

    def __exit__(self, *_error: object) -> None:
        """Release it, so that the next actor need not wait; if that fails, it expires."""
        self._release()

    def renew(self, *, creates: bool) -> None:
        """Check that nothing was superseded, and extend the lease."""
        self.confirm()
        self._write(self.generation.leased(self.holder, self.clock.now(), creates=creates))

    def _release(self) -> None:
        for _ in range(3):
            try:
                self._write(self.generation.released(self.holder, self.clock.now()))
                return
            except (PortError, StateError) as error:
                self.progress("lease not released", error=str(error))
                return
            except LeaseLost:  # a new generation was written meanwhile, with our lease in it
                found = self.state.generation()
                if found is None:
                    return
                self.generation, self.version = found

    def _write(self, generation: FleetGeneration) -> None:
        try:
            self.version = self.state.write_generation(generation, self.version)
        except WriteConflict:
            raise LeaseLost("another actor changed the fleet's desired state") from None
        except Transient:
            self._reread()
            raise
        self.generation = generation

    def _reread(self) -> None:
        """Continue from our own write if it went through and only its answer was lost."""
        found = self.state.generation()
        if found is not None and found.generation.generation == self.generation.generation:
            lease = found.generation.lease
            if lease is not None and lease.holder == self.holder:
                self.generation, self.version = found
