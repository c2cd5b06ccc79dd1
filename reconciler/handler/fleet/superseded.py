"""A poll that CloudFormation listens to no longer.

Usually the operation that follows (an Update back, a Delete) makes its own generation, and its
sweep stops whatever this one began. Where none follows (the framework swallows the Delete of a
Create whose answer it lost), this poll sees to it that nothing is left running.
"""

from __future__ import annotations

from typing import Final

from reconciler.core.objects import WriteConflict
from reconciler.core.ports import Denied, Transient
from reconciler.engine.lease import LeaseLost
from reconciler.handler.answer import ResourceFailed
from reconciler.handler.fence import StackPhase, phase_of
from reconciler.handler.fleet.remove import clear, clearing
from reconciler.handler.fleet.run import FleetPoll

_UNDONE: Final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_COMPLETE")


def after_superseded(run: FleetPoll) -> dict[str, object]:
    """End, unless this operation's generation is still the desired one of a stack undone."""
    try:
        found = run.state.desired()
        mine = {run.event.request_id, clearing(run)}
        if found is None or found[0].operation not in mine:
            raise ResourceFailed("The stack went on to another operation, which has the fleet now.")
        view = run.ports.stacks.stack(run.event.stack_id)
        status = view.status if view is not None else "DELETE_COMPLETE"
        if phase_of(status) is not StackPhase.SETTLED and not run.overdue():
            return run.pending("superseded; the operation that follows has not begun yet")
        if not status.endswith(_UNDONE):
            raise ResourceFailed(
                "The stack went on; the fleet stays as this operation declared it."
            )
        left = clear(run, records=False)
    except (Transient, LeaseLost, WriteConflict, Denied) as error:
        left = str(error)
    if left and not run.overdue():
        return run.pending(f"superseded, stopping what was begun: {left}")
    raise ResourceFailed("The stack went on to another operation; what this one began was stopped.")
