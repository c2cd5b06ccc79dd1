"""An operation, from its beginning in ``on_event`` through every poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.completion import Failed, Pending
from reconciler.core.ports import PortError, Stacks, StackView
from reconciler.engine.errors import JobError, outcome_of
from reconciler.engine.ports import Ports
from reconciler.handler.cfn.event import (
    ACTS_IN,
    OPERATION_KEY,
    SENT_IN,
    Event,
    RequestType,
    Timing,
)
from reconciler.handler.cfn.fence import CLOCK_SKEW, Baseline, Fence, StackPhase, phase_of
from reconciler.handler.cfn.holdings import Holdings
from reconciler.handler.cfn.properties import deadline

_MAX_CORRECTION: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerPorts(Ports):
    """A pass's ports, and what else a custom resource needs.

    Attributes:
        emit: Write one line to the log as it is: a metric in embedded form.
    """

    stacks: Stacks
    emit: Callable[[str], None]


def begin(
    event: Event, ports: HandlerPorts, physical_id: str, *, is_undone: bool = False
) -> dict[str, object]:
    """Begin an operation; change nothing. Return the answer, which the Provider hands every poll.

    Args:
        event: The request.
        ports: The outside.
        physical_id: The resource's id, for now.
        is_undone: Whether the stack is known to roll back, whatever is read of it.
    """
    view = _stack(event, ports.stacks)
    began = _beginning(ports.clock.now(), view)
    baseline = Baseline.of(view, SENT_IN[event.type])
    if is_undone and baseline.phase is not StackPhase.ROLLBACK:
        baseline = Baseline(StackPhase.ROLLBACK, "")
    timing = Timing(began, began + deadline(event.properties), baseline)
    ports.progress(
        "operation begins", request_type=event.type.value, request_id=event.request_id,
        logical_id=event.logical_id, phase=baseline.phase,
    )  # fmt: skip
    return {"PhysicalResourceId": physical_id, OPERATION_KEY: timing.to_wire()}


def _stack(event: Event, stacks: Stacks) -> StackView | None:
    try:
        return stacks.stack(event.stack_id)
    except PortError:  # a policy may be new; the resource's own state tells enough
        return None


def _beginning(now: datetime, view: StackView | None) -> datetime:
    """Return when a request was received, by CloudFormation's clock if this one is behind it.

    A request is received after its stack's operation began.
    """
    if view is None or view.last_updated is None:
        return now
    is_behind = now < view.last_updated < now + _MAX_CORRECTION
    return view.last_updated + CLOCK_SKEW if is_behind else now


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of one operation."""

    event: Event
    timing: Timing
    ports: HandlerPorts

    def now(self) -> datetime:
        """Return the current time."""
        return self.ports.clock.now()

    def elapsed(self) -> timedelta:
        """Return how long the operation has been under way; nothing if the clock is behind."""
        return max(self.now() - self.timing.began, timedelta())

    def is_overdue(self) -> bool:
        """Return whether the deadline has passed."""
        return self.now() >= self.timing.deadline

    def fence(self) -> Fence:
        """Return the fence of this operation."""
        is_delete = self.event.type is RequestType.DELETE
        is_update = self.event.type is RequestType.UPDATE
        return Fence(
            self.ports.stacks,
            self.event.stack_id,
            self.timing.baseline,
            allowed=ACTS_IN[self.event.type],
            began=self.timing.began,
            now=self.now(),
            logical_id="" if is_delete else self.event.logical_id,
            physical_id=self.event.physical_id if is_update else "",
            outlives_stack=is_delete,
            undoes_nothing=is_update and self.keeps_id,
        )

    @property
    def keeps_id(self) -> bool:
        """Whether an Update keeps the resource's id."""
        return True

    def is_delete_due(self, view: StackView, holdings: Holdings) -> bool:
        """Return whether CloudFormation deletes now; if not, the Delete was delivered late.

        Raises Unavailable while that is not known.
        """
        phase = phase_of(view.status)
        if phase is StackPhase.REMOVAL or holdings.is_being_deleted:
            return True
        if phase is StackPhase.SETTLED:
            return False
        return not holdings.show_progress(self.timing.began, self.now())

    def holdings(self) -> Holdings:
        """Read what the stack holds. Raises PortError."""
        return Holdings.read(self.ports.stacks, self.event.stack_id, self.event.logical_id)

    def outcome_of(self, error: JobError) -> Pending | Failed:
        """Return what an error means now."""
        return outcome_of(error, self.elapsed())

    def pending(self, reason: str) -> dict[str, object]:
        """Return the answer that asks for another poll."""
        self.ports.progress("pending", request_id=self.event.request_id, reason=reason)
        return {"IsComplete": False}
