"""The fence: whether the stack is still in the operation that this request belongs to.

The Provider framework goes on polling for a request that CloudFormation no longer waits for (a
sibling failed, a rollback began). Such a poll must change nothing any more: it compares the
stack's state with the one that was recorded when the request began, before every change and once
more after a create.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.core.contract import ROW_LAG, SETTLE
from reconciler.core.ports import Stacks, StackView, Unavailable
from reconciler.handler.cfn.holdings import Holdings


class StackPhase(StrEnum):
    """What a stack is doing, as far as its resources are concerned."""

    FORWARD = "forward"  # creating, updating or importing
    ROLLBACK = "rollback"  # an update is being undone
    REMOVAL = "removal"  # resources are being deleted: cleanup, create's rollback, deletion
    SETTLED = "settled"  # no operation is in progress


_FORWARD: Final = frozenset(
    {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "REVIEW_IN_PROGRESS"}
)
_ROLLBACK: Final = frozenset({"UPDATE_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS"})
CLOCK_SKEW: Final = timedelta(seconds=5)
_WHOLE_STACK_GOES: Final = frozenset({"ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"})


def phase_of(status: str) -> StackPhase:
    """Return the phase of a StackStatus.

    Source: the StackStatus values of CloudFormation's API reference (Stack).
    """
    if status in _FORWARD:
        return StackPhase.FORWARD
    if status in _ROLLBACK:
        return StackPhase.ROLLBACK
    if status in _WHOLE_STACK_GOES or status.endswith("CLEANUP_IN_PROGRESS"):
        return StackPhase.REMOVAL
    return StackPhase.SETTLED


def whole_stack_goes(status: str) -> bool:
    """Return whether every resource of the stack is being deleted."""
    return status in _WHOLE_STACK_GOES


class Superseded(Exception):
    """The stack went on to another operation: this request changes nothing any more."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The stack's state when a request began.

    ``phase`` is None if what was read cannot have been the request's own operation: a reading
    that lagged behind must not make every later one look like a change.
    """

    phase: StackPhase | None
    last_updated: str

    @staticmethod
    def of(view: StackView | None, expected: frozenset[StackPhase]) -> Baseline:
        """Return the baseline of a reading, if it shows a phase that the request can be of."""
        if view is None or phase_of(view.status) not in expected:
            return Baseline(None, "")
        return Baseline(phase_of(view.status), _instant(view))

    def to_wire(self) -> dict[str, str]:
        """Return the form that travels with the event."""
        return {"Phase": self.phase.value if self.phase else "", "LastUpdated": self.last_updated}

    def is_later_than(self, view: StackView) -> bool:
        """Return whether a reading is older than the baseline: LastUpdatedTime only grows."""
        return self.phase is not None and _instant(view) < self.last_updated

    @staticmethod
    def from_wire(wire: Mapping[str, object]) -> Baseline:
        """Read it back."""
        phase = str(wire.get("Phase") or "")
        return Baseline(StackPhase(phase) if phase else None, str(wire.get("LastUpdated") or ""))


@dataclass(frozen=True, slots=True)
class Fence:
    """Compares the stack with its baseline: DescribeStacks, and before changes the resource too.

    Attributes:
        allowed: The phases in which a request of this type may act at all. A late delivery may
            begin in another one, which must not become the state that it compares with.
        began: When the request began. Without a baseline, an operation that began later is
            another one.
        now: The current time.
        logical_id: The resource that must be in progress; empty for a request that is valid
            whatever its resource shows.
        physical_id: The id that an Update was sent for; empty for other requests.
        outlives_stack: Whether it may act when CloudFormation no longer knows the stack.
        undoes_nothing: Whether the request keeps the resource's id, so that neither properties
            nor id tell an update from its rollback.
    """

    stacks: Stacks
    stack_id: str
    baseline: Baseline
    allowed: frozenset[StackPhase]
    began: datetime
    now: datetime
    logical_id: str = ""
    physical_id: str = ""
    outlives_stack: bool = False
    undoes_nothing: bool = False

    def check_change(self) -> StackView | None:
        """Return the stack. Check it, and that CloudFormation still waits for this request.

        A request that is delivered late finds another operation of the stack, which may well be
        in the phase that it expects.
        """
        view = self.check()
        if self.logical_id and view is not None and not self._is_requested(view):
            raise Superseded("nothing is requested of this resource any more")
        return view

    def check(self) -> StackView | None:
        """Return the stack. Raise Superseded if it went on, Transient if that is not known now."""
        view = self.stacks.stack(self.stack_id)
        if view is not None and (self.baseline.is_later_than(view) or self._is_too_early(view)):
            raise Unavailable("StaleRead", "the stack was read as it was before this operation")
        if not self._holds(view):
            raise Superseded("the stack is no longer in the operation that this request began in")
        return view

    def _is_requested(self, view: StackView) -> bool:
        holdings = self._holdings()
        if holdings.is_requested:
            return self._has_its_id(view, holdings)
        if holdings.own is None and view.status == "CREATE_IN_PROGRESS":
            return True  # a stack is created once, so the request is of this operation
        self._require_row_lag("the resource is not shown in progress yet")
        if phase_of(view.status) is StackPhase.FORWARD and holdings.is_settled_in(view):
            return False
        return not holdings.show_progress(self.began, self.now)

    def _has_its_id(self, view: StackView, holdings: Holdings) -> bool:
        """Return whether the resource has the id that this request was sent for.

        It does until its update ends. An update before this one may have replaced the id, and if
        so, this request was sent in that one.
        """
        shown = holdings.own.physical_id if holdings.own is not None else ""
        is_forward = phase_of(view.status) is StackPhase.FORWARD
        if not is_forward or not (self.physical_id and shown) or shown == self.physical_id:
            return True
        self._require_row_lag("the resource is shown with another id")
        return False

    def _holds(self, view: StackView | None) -> bool:
        if view is None:
            return self.outlives_stack
        now = phase_of(view.status)
        if now not in self.allowed:
            return False
        if self.baseline.phase is None:
            return not self._began_later(view) and self._is_current_request(unknown=True)
        is_same = _instant(view) == self.baseline.last_updated
        if now is self.baseline.phase and (is_same or not self._began_later(view)):
            return True  # or the baseline was read as it was before
        return self._is_current_request(unknown=False)

    def _is_too_early(self, view: StackView) -> bool:
        """Return whether a request that has just begun finds a stack at rest, as it did at its
        beginning: that was read as it was before, or the request was delivered late.
        """
        at_rest = phase_of(view.status) is StackPhase.SETTLED and self.baseline.phase is None
        return at_rest and self.now < self.began + SETTLE and StackPhase.SETTLED not in self.allowed

    def _is_current_request(self, *, unknown: bool) -> bool:
        """Return whether what is requested of the resource now began before this request was
        received. The baseline may have lagged behind, and show the operation before.
        """
        if not self.logical_id:
            return self.baseline.phase is None
        holdings = self._holdings()
        if not holdings.is_requested:
            self._require_row_lag("the resource is not shown in progress yet")
            return unknown and not holdings.show_progress(self.began, self.now)
        later = holdings.began_after(self.began)
        return unknown if later is None else not later

    def _require_row_lag(self, why: str) -> None:
        """Raise Unavailable while the list of resources may only lag behind."""
        if self.now < self.began + ROW_LAG:
            raise Unavailable("NotSettled", why)

    def _holdings(self) -> Holdings:
        return Holdings.read(self.stacks, self.stack_id, self.logical_id)

    def _began_later(self, view: StackView) -> bool:
        if view.last_updated is None:
            return False
        return view.last_updated > self.began + CLOCK_SKEW


def _instant(view: StackView) -> str:
    """Return LastUpdatedTime as text that sorts as time does; empty before the first update."""
    return view.last_updated.astimezone(UTC).isoformat() if view.last_updated else ""
