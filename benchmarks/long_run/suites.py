"""What the long run plays, cut into parts of about a minute each."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Protocol

from tests.simulation.applies.races import RACES, explore_race
from tests.simulation.cloudformation.interleavings import explore
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.races import (
    cancelled,
    delivered_twice,
    updated_and_rolled_back,
)
from tests.simulation.histories import LONG, Script, failure, report
from tests.simulation.replay import KINDS, histories_on
from tests.simulation.siblings import CASES

HISTORIES: Final = 10_000
A_PART: Final = 100
CALLS: Final = 8


@dataclass(slots=True)
class Tally:
    """What the played part of a suite came to.

    Attributes:
        cases: How many histories, orders or instants were played.
        steps: How many steps they had together; 0 where there are none.
        simulated_seconds: How much virtual time passed in them.
        violating: How many of them violated an invariant.
        failures: The report of each of these.
    """

    cases: int = 0
    steps: int = 0
    simulated_seconds: float = 0.0
    violating: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, failure: str, *, steps: int = 0, seconds: float = 0.0, cases: int = 1) -> None:
        """Count one case (or several); `failure` is empty if nothing was violated."""
        self.cases += cases
        self.steps += steps
        self.simulated_seconds += seconds
        if failure:
            self.violating += 1
            self.failures.append(failure)


class Suite(Protocol):
    """Something to play, part by part; parts may be played in any order and process."""

    @property
    def name(self) -> str: ...

    @property
    def what(self) -> str: ...

    @property
    def parts(self) -> int: ...

    @property
    def cases(self) -> int | None:
        """How many cases there are; None if only playing them tells."""
        ...

    def play(self, part: int) -> Tally: ...


@cache
def node() -> NodeProvider:
    """Return this process's Node, which runs the Provider framework."""
    made = NodeProvider()
    atexit.register(made.close)
    return made


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
        return f"random histories of {LONG} steps ({self.kind}), seeds 0 to {self.cases - 1}"

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
    what: str = "a sibling fails at each of 200 instants: create and update, quick job and endless"

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
        tuple(lambda race=race: explore_race(race, CALLS) for race in RACES),  # type: ignore[misc]
    )
    plays = (cancelled, delivered_twice, updated_and_rolled_back)
    yield EveryOrder(
        "orders-of-invocations",
        f"every order of the first {CALLS} calls of two invocations of the custom resource",
        tuple(lambda play=play: explore(play, calls=CALLS) for play in plays),  # type: ignore[misc]
    )


def suites(histories: int = HISTORIES) -> tuple[Suite, ...]:
    """Return all suites, the short ones first."""
    random = [RandomHistories(kind, histories) for kind in KINDS]
    return (FailingSiblings(), *_orders(), *random)
