"""What the long run plays, cut into parts of about a minute each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from benchmarks.comparison.playing import Compared
from benchmarks.comparison.subjects import OURS
from benchmarks.long_run.parts import A_PART, HISTORIES, Suite, Tally, node
from tests.simulation.applies.races import RACES, explore_race
from tests.simulation.cloudformation.interleavings import explore
from tests.simulation.cloudformation.races import (
    cancelled,
    delivered_twice,
    updated_and_rolled_back,
)
from tests.simulation.histories import LONG, Script, failure, report
from tests.simulation.replay import histories_on
from tests.simulation.siblings import CASES

CALLS: Final = 8


@dataclass(frozen=True, slots=True)
class RandomHistories:
    """Random histories of one kind, of 50 steps each; the seeds are 0, 1, 2…"""

    kind: str
    cases: int = HISTORIES

    @property
    def name(self) -> str:
        return f"histories-of-{self.kind}"

    @property
    def what(self) -> str:
        return f"random histories of {self.kind}, {LONG} steps each, seeds 0 to {self.cases - 1}"

    @property
    def parts(self) -> int:
        return -(-self.cases // A_PART)

    def play(self, part: int) -> Tally:
        kind = histories_on(self.kind, node)
        tally = Tally()
        for seed in range(part * A_PART, min((part + 1) * A_PART, self.cases)):
            played = kind.play(Script(seed))
            text = failure(kind, Script(seed)) if played.violations else ""
            tally.add(text, steps=LONG, seconds=played.seconds)
        return tally


@dataclass(frozen=True, slots=True)
class FailingSiblings:
    """A sibling that fails at each of 200 instants, in creations and updates, jobs and fleets."""

    name: str = "failing-siblings"
    what: str = "a sibling of a job or fleet fails at each of 200 instants of creates and updates"

    @property
    def cases(self) -> int:
        return len(CASES)

    @property
    def parts(self) -> int:
        return -(-len(CASES) // (2 * A_PART))

    def play(self, part: int) -> Tally:
        tally = Tally()
        for case in CASES[part * 2 * A_PART : (part + 1) * 2 * A_PART]:
            played = case.play(node())
            tally.add(report(played) if played.violations else "", seconds=played.seconds)
        return tally


@dataclass(frozen=True, slots=True)
class EveryOrder:
    """Every order of the first calls of two actors; each part is one situation."""

    name: str
    what: str
    situations: tuple[Callable[[], int], ...]
    cases: int | None = None

    @property
    def parts(self) -> int:
        return len(self.situations)

    def play(self, part: int) -> Tally:
        tally = Tally()
        try:
            tally.add("", cases=self.situations[part]())
        except AssertionError as error:
            tally.add(f"{self.name}, situation {part}: {error}")
        return tally


def _orders() -> Iterator[Suite]:
    yield EveryOrder(
        "orders-of-applies",
        f"every order of the first {CALLS} calls of two processes that act on two jobs",
        tuple(partial(explore_race, race, CALLS) for race in RACES),
    )
    plays = (cancelled, delivered_twice, updated_and_rolled_back)
    yield EveryOrder(
        "orders-of-invocations",
        f"every order of the first {CALLS} calls of two invocations of the custom resource",
        tuple(partial(explore, play, calls=CALLS) for play in plays),
    )


def suites(histories: int = HISTORIES) -> tuple[Suite, ...]:
    """Return all suites, the short ones first."""
    random = [RandomHistories(kind, histories) for kind in ("fleets", "applies")]
    return (FailingSiblings(), *_orders(), Compared(OURS, histories), *random)
