"""What a long run is made of: suites, which are played part by part and counted."""

from __future__ import annotations

import atexit
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Protocol

from tests.simulation.cloudformation.node_provider import NodeProvider

HISTORIES: Final = 10_000
A_PART: Final = 100


@dataclass(slots=True)
class Tally:
    """What the played part of a suite came to.

    Attributes:
        cases: How many histories, orders or instants were played.
        steps: How many steps they had together; 0 where there are none.
        simulated_seconds: How much virtual time passed in them.
        violating: How many of them violated an invariant.
        failures: The report of each of these.
        counts: What else was counted, by name.
        examples: Seeds of what was counted.
    """

    cases: int = 0
    steps: int = 0
    simulated_seconds: float = 0.0
    violating: int = 0
    failures: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[int]] = field(default_factory=dict)

    def count(self, name: str, times: int) -> None:
        """Count something else so many times more."""
        self.counts[name] = self.counts.get(name, 0) + times

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
