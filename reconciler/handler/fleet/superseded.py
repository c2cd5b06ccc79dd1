"""A poll of an operation that CloudFormation no longer waits for.

Usually the operation that follows (an Update back, a Delete) writes its own generation, and its
passes stop whatever this one started. If none follows (the framework swallows the Delete of a
Create whose answer it lost), this poll sees to it that nothing is left running.
"""

from __future__ import annotations

from typing import Final

from reconciler.core.ports import PortError, StackView
from reconciler.engine.lease import LeaseLost
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase, phase_of
from reconciler.handler.fleet.poll import FleetPoll
from reconciler.handler.fleet.remove import clear, removal_of

_UNDONE: Final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_COMPLETE")


def _is_held(poll: FleetPoll, view: StackView | None) -> bool:
    """Return whether the stack has the fleet: a second delivery of an operation that it survived
    must not end it.
    """
    return view is not None and poll.properties.owner.name in poll.holdings().ids()


def after_superseded(poll: FleetPoll) -> dict[str, object]:
    """End, unless this operation's generation is still the desired one of a stack undone."""
    left = ""
    try:
        found = poll.state.generation()
        mine = {poll.event.request_id, removal_of(poll)}
        if found is None or found.generation.operation not in mine:
            raise ResourceFailed("The stack went on to another operation, which has the fleet now.")
        view = poll.ports.stacks.stack(poll.event.stack_id)
        status = view.status if view is not None else "DELETE_COMPLETE"
        if phase_of(status) is not StackPhase.SETTLED and not poll.is_overdue():
            return poll.pending("superseded; the operation that follows has not begun yet")
        if not status.endswith(_UNDONE) or _is_held(poll, view):
            raise ResourceFailed(
                "The stack went on; the fleet stays as this operation declared it."
            )
        if (unfinished := clear(poll, records=False)) is not None:
            left = unfinished.reason
    except (PortError, LeaseLost) as error:
        left = str(error)
    if left and not poll.is_overdue():
        return poll.pending(f"superseded, stopping what was started: {left}")
    raise ResourceFailed(
        "The stack went on to another operation; what this one started was stopped."
    )
