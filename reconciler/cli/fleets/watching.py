"""Observe a fleet again and again, and say what changed in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from reconciler.cli.fleets.observing import FleetObserver
from reconciler.cli.fleets.status import FleetStatus, JobRow, JobState
from reconciler.cli.options.places import Named, PlaceResults, in_each_place
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


def transition_line(transition: Transition, moment: datetime, place: str = "") -> str:
    """Return a change as one line of a log.

    Args:
        transition: The change.
        moment: When it was seen.
        place: Where; empty if there is one place only.
    """
    row, where = transition.row, f" [{place}]" if place else ""
    was = "" if transition.before is None else f"{transition.before.value} -> "
    result = row.failure.reason if row.failure else row.artifact
    more = f": {result}" if result else ""
    when = moment.isoformat(timespec="seconds")
    return f"{when}{where} {row.name} ({row.job}) {was}{row.state}{more}"


def _key(row: JobRow) -> tuple[str, str]:
    return row.owner, row.name


@dataclass(frozen=True, slots=True)
class FleetWatch:
    """Observes the fleets of all places every so often.

    Attributes:
        interval: The seconds between two observations.
        warn: Reports what went wrong with an observation.
    """

    places: PlaceResults[FleetObserver]
    clock: Clock
    pause: Callable[[float], None]
    interval: float
    warn: Callable[[str], None]

    def statuses(
        self, is_over: Callable[[FleetStatus], bool], deadline: datetime | None = None
    ) -> Iterator[PlaceResults[FleetStatus]]:
        """Yield the last status of each place, at once and after each pause.

        A place that is over, or that fails, is not observed again; without others the watch ends.
        The last observation is made at the deadline. An error that passes (a throttle, a broken
        connection) is reported, and the place is observed again. Raises PlanError, and PortError
        for another error of the only place.
        """
        latest: dict[str, FleetStatus] = {}
        observers, failures = dict(self.places.named), list(self.places.failures)
        self._report(failures)
        while True:
            found = in_each_place(
                {place: partial(self._observed, each) for place, each in observers.items()},
                is_only=self.places.is_only,
            )
            self._report(found.failures)
            failures += found.failures
            latest |= {place: status for place, status in found.named if status is not None}
            yield self._results(latest, failures)
            observers = {
                place: observers[place]
                for place, status in found.named
                if status is None or not is_over(status)
            }
            left = None if deadline is None else deadline - self.clock.now()
            if not observers or (left is not None and left <= timedelta(0)):
                return
            self.pause(self.interval if left is None else min(self.interval, left.total_seconds()))

    def _observed(self, observer: FleetObserver) -> FleetStatus | None:
        """Observe a place; None if it has to be looked at again."""
        try:
            return observer.observe()
        except Transient as error:
            where = "" if self.places.is_only else f"{observer.region}: "
            self.warn(f"will look again: {where}{error}")
            return None

    def _report(self, failures: Iterable[Named[str]]) -> None:
        for each in failures:
            self.warn(f"Error: {each.place}: {each.value}")

    def _results(
        self, latest: Mapping[str, FleetStatus], failures: Sequence[Named[str]]
    ) -> PlaceResults[FleetStatus]:
        named = [Named(place, latest[place]) for place, _ in self.places.named if place in latest]
        return PlaceResults(named, tuple(failures), self.places.is_only)
