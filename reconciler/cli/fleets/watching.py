"""Observe a fleet again and again, and say what changed in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from reconciler.cli.fleets.observing import FleetObserver
from reconciler.cli.fleets.status import FleetStatus, JobRow, JobState
from reconciler.core.ports import Clock, Transient


class Goal(StrEnum):
    """What ``neoctl wait`` waits for."""

    COMPLETED = "completed"  # every job is compiled
    TERMINAL = "terminal"  # no job will change by itself, however it ended


class WaitResult(StrEnum):
    """What an observation says about a goal."""

    REACHED = "reached"
    UNREACHABLE = "unreachable"  # a job has failed: waiting does not help
    PENDING = "pending"


def wait_result(status: FleetStatus, goal: Goal) -> WaitResult:
    """Return what an observation says about a goal."""
    match goal:
        case Goal.TERMINAL:
            return WaitResult.REACHED if status.is_terminal else WaitResult.PENDING
        case Goal.COMPLETED if status.is_completed:
            return WaitResult.REACHED
        case Goal.COMPLETED:
            return WaitResult.UNREACHABLE if status.failures else WaitResult.PENDING


class Transition(NamedTuple):
    """A job whose state is another than before; ``before`` is None for a job that is new."""

    before: JobState | None
    row: JobRow


def transitions(before: FleetStatus | None, after: FleetStatus) -> Iterator[Transition]:
    """Yield what changed between two observations."""
    states = {_key(row): row.state for row in before.rows} if before else {}
    for row in after.rows:
        was = states.get(_key(row))
        if was is not row.state:
            yield Transition(was, row)


def transition_line(transition: Transition, moment: datetime) -> str:
    """Return a change as one line of a log."""
    row = transition.row
    was = "" if transition.before is None else f"{transition.before.value} -> "
    result = row.failure.reason if row.failure else row.artifact
    more = f": {result}" if result else ""
    return f"{moment.isoformat(timespec='seconds')} {row.name} ({row.job}) {was}{row.state}{more}"


def _key(row: JobRow) -> tuple[str, str]:
    return row.owner, row.name


@dataclass(frozen=True, slots=True)
class FleetWatch:
    """Observes a fleet every so often.

    Attributes:
        interval: The seconds between two observations.
        warn: Reports what went wrong with an observation; another one follows.
    """

    observer: FleetObserver
    clock: Clock
    pause: Callable[[float], None]
    interval: float
    warn: Callable[[str], None]

    def statuses(self, deadline: datetime | None = None) -> Iterator[FleetStatus]:
        """Yield the fleet's status, at once and after each pause, until the deadline.

        The last observation is made at the deadline. An error that passes (a throttle, a broken
        connection) is reported, and the fleet is observed again. Raises PortError, PlanError for
        others.
        """
        while True:
            try:
                yield self.observer.observe()
            except Transient as error:
                self.warn(f"will look again: {error}")
            left = None if deadline is None else deadline - self.clock.now()
            if left is not None and left <= timedelta(0):
                return
            self.pause(self.interval if left is None else min(self.interval, left.total_seconds()))
