"""The grip on a fleet: the lease, held for one pass, and looked at before each batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from reconciler.core.fleet.generation import FleetGeneration, StateError
from reconciler.core.objects import WriteConflict
from reconciler.core.ports import Clock, PortError, Transient
from reconciler.engine.state import FleetState
from reconciler.handler.log import Log


class LeaseLost(Exception):
    """Another actor has the fleet, or has changed what is desired; nothing is changed by us."""


class Lease(Protocol):
    """What lets an actor change jobs."""

    @property
    def desired(self) -> FleetGeneration:
        """What is desired, as last written."""
        ...

    def renew(self, *, creates: bool) -> None:
        """Called before each batch; raises if the actor may change nothing any more."""
        ...


@dataclass(frozen=True, slots=True)
class NoLease:
    """For a Delete whose state cannot be reached: prefix and tags must do."""

    desired: FleetGeneration

    def renew(self, *, creates: bool) -> None:
        """Nothing is compared."""
        del creates


@dataclass(slots=True)
class HeldLease:
    """The lease, in the hands of one invocation.

    Attributes:
        holder: Who holds it: unique to this invocation.
        still_allowed: Raises if CloudFormation no longer wants this actor to act.
    """

    state: FleetState
    clock: Clock
    log: Log
    holder: str
    still_allowed: Callable[[], None]
    desired: FleetGeneration
    version: str

    def take(self) -> None:
        """Take the lease. Raises LeaseLost if somebody else holds it."""
        if not self.desired.is_free(self.holder, self.clock.now()):
            raise LeaseLost("another actor holds the fleet's lease")
        self.renew(creates=False)

    def renew(self, *, creates: bool) -> None:
        """Look whether the stack and the pointer are still as they were, and hold on.

        Raises LeaseLost, or what ``still_allowed`` raises.
        """
        self.still_allowed()
        self._write(self.desired.leased(self.holder, self.clock.now(), creates=creates))

    def release(self) -> None:
        """Let go, so that the next actor need not wait; whatever fails, the lease runs out."""
        for _ in range(3):
            try:
                self._write(self.desired.released(self.holder, self.clock.now()))
                return
            except (PortError, StateError) as error:
                self.log("lease not released", error=str(error))
                return
            except LeaseLost:  # a new generation was written meanwhile, with our lease in it
                found = self.state.desired()
                if found is None:
                    return
                self.desired, self.version = found

    def _write(self, desired: FleetGeneration) -> None:
        try:
            self.version = self.state.point(desired, self.version)
        except WriteConflict:
            raise LeaseLost("the fleet's desired state was changed by another actor") from None
        except Transient:
            self._reread()
            raise
        self.desired = desired

    def _reread(self) -> None:
        """After a lost answer: if our write is there, its version is the one to go on from."""
        found = self.state.desired()
        if found is not None and found[0].generation == self.desired.generation:
            lease = found[0].lease
            if lease is not None and lease.holder == self.holder:
                self.desired, self.version = found
