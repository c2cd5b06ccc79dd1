"""What CloudFormation's reads show of a stack: DescribeStacks and ListStackResources.

They may lag behind, and leave out what a stack in operation does: MiniStack lists a resource only
when it is at rest, and real lists were never watched closely enough to know.
"""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.core.ports import StackResourceView, StackView
from tests.simulation.cloudformation.faults import Switches
from tests.simulation.cloudformation.stack import Stack

Row = tuple[float, str, str]


def stack_as_read(stack: Stack, switches: Switches, when: float) -> StackView:
    """Return what DescribeStacks shows of an instant."""
    phases = [phase for time, phase in stack.history if time <= when]
    status = phases[-1] if phases else stack.history[0][1]
    if status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" and not switches.rows_show_progress:
        status = "UPDATE_IN_PROGRESS"
    updates = [time for time in stack.updates if time <= when]
    return StackView(status, datetime.fromtimestamp(updates[-1], UTC) if updates else None)


def resources_as_read(
    stack: Stack, switches: Switches, when: float
) -> dict[str, StackResourceView]:
    """Return what ListStackResources shows of an instant."""
    found: dict[str, StackResourceView] = {}
    for name, history in stack.rows.items():
        rows = [row for row in history if row[0] <= when]
        if not switches.rows_show_progress:
            rows = _at_rest(rows)
        if rows:
            time, physical_id, status = rows[-1]
            if switches.ids_come_late:
                physical_id = _id_before(stack, rows, when) or physical_id
            moment = datetime.fromtimestamp(time, UTC) if switches.rows_are_timed else None
            found[name] = StackResourceView(physical_id, status, moment)
    return found


def _at_rest(rows: list[Row]) -> list[Row]:
    """Return the rows of completed operations; none if the last one deleted the resource."""
    rest = [row for row in rows if row[2].endswith("_COMPLETE")]
    return [] if rest and rest[-1][2].startswith("DELETE_") else rest


def _id_before(stack: Stack, rows: list[Row], when: float) -> str:
    """Return the id that a resource had when the operation that is under way began."""
    began = 0.0
    under_way = False
    for time, phase in stack.history:
        if time > when:
            break
        if phase.endswith("_IN_PROGRESS") and not under_way:
            began = time
        under_way = phase.endswith("_IN_PROGRESS")
    ids = [row[1] for row in rows if row[0] < began]
    return ids[-1] if under_way and ids else ""
