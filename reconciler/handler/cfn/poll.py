"""An operation, from its beginning in ``on_event`` through every poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from reconciler.handler.cfn.fence import Baseline, Fence, StackPhase, phase_of
from reconciler.handler.cfn.holdings import Holdings
from reconciler.handler.cfn.properties import deadline


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
    began = ports.clock.now()
    baseline = Baseline(None, "") if is_undone else _baseline(event, ports.stacks)
    timing = Timing(began, began + deadline(event.properties), baseline)
    ports.progress(
        "operation begins", request_type=event.type.value, request_id=event.request_id,
        logical_id=event.logical_id, phase=baseline.phase,
    )  # fmt: skip
    return {"PhysicalResourceId": physical_id, OPERATION_KEY: timing.to_wire()}


def _baseline(event: Event, stacks: Stacks) -> Baseline:
    try:
        return Baseline.of(stacks.stack(event.stack_id), SENT_IN[event.type])
    except PortError:  # a policy may be new; the resource's own state tells enough
        return Baseline(None, "")


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
        """Return how long the operation has been under way."""
        return self.now() - self.timing.began

    def is_overdue(self) -> bool:
        """Return whether the deadline has passed."""
        return self.now() >= self.timing.deadline

    def fence(self) -> Fence:
        """Return the fence of this operation."""
        is_delete = self.event.type is RequestType.DELETE
        return Fence(
            self.ports.stacks,
            self.event.stack_id,
            self.timing.baseline,
            allowed=ACTS_IN[self.event.type],
            began=self.timing.began,
            now=self.now(),
            logical_id="" if is_delete else self.event.logical_id,
            outlives_stack=is_delete,
            undoes_nothing=self.event.type is RequestType.UPDATE and self.keeps_id,
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
