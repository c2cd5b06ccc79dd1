"""One random history with one handler, and what went wrong in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final

from benchmarks.comparison.kinds import LEAKED, STUCK, counted, leaked
from benchmarks.comparison.subjects import SUBJECTS, Subject
from benchmarks.long_run.parts import A_PART, HISTORIES, Tally, node
from tests.simulation.cloudformation.answer_invariants import Violation
from tests.simulation.cloudformation.histories import JobHistories
from tests.simulation.cloudformation.invariants import violations
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.random_worlds import RATES
from tests.simulation.cloudformation.sequences import Actor
from tests.simulation.cloudformation.simulation import EPOCH
from tests.simulation.histories import LONG, Script, failure

WEATHERS: Final = ("quiet", "stormy", "deadly")
"""In the order of RATES, which seeds take in turns."""
SEEDS_KEPT: Final = 3


def weather(seed: int) -> str:
    """Return which faults the history of a seed has."""
    return WEATHERS[seed % len(RATES)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What went wrong in one history.

    Attributes:
        found: How often each kind of violation happened.
        invariants: Those of the design that did not hold; only asked of our handler.
        seconds: How much simulated time passed.
        done: Each step with its time.
    """

    found: Counter[str]
    invariants: list[Violation]
    seconds: float
    done: list[str]


def play(subject: Subject, seed: int, started: NodeProvider, steps: int = LONG) -> Outcome:
    """Play the history of a seed with one handler."""
    world = subject.random_world(seed, started)
    actor, found, lost = Actor(world), Counter[str](), set[str]()
    broken: list[Violation] = []
    try:
        for number in range(steps):
            actor.step(number)
        actor.converge()
        lost |= leaked(world)
        broken += violations(world) if subject.is_ours else ()
        actor.remove_everything()
        broken += violations(world) if subject.is_ours else ()
    except AssertionError as error:
        found[STUCK] = 1
        broken.append(Violation("stuck", repr(error)))
    finally:
        world.close()
    lost |= leaked(world)
    found[LEAKED] = len(lost)
    seconds = world.simulation.now - EPOCH
    return Outcome(+(found + counted(world)), broken, seconds, actor.done)


@dataclass(frozen=True, slots=True)
class Compared:
    """A suite: the histories of one handler; those of ours are held against the design, too.

    The tally's counts are by weather and kind: `quiet/histories`, and for each kind the histories
    in which it happened and how often it did, `quiet/leaked live jobs` and the same with ` times`.
    """

    subject: Subject
    cases: int = HISTORIES

    @property
    def name(self) -> str:
        return "histories-of-jobs" if self.subject.is_ours else f"compared-{self.subject.name}"

    @property
    def what(self) -> str:
        of = "jobs" if self.subject.is_ours else f"jobs with {self.subject.title}"
        return f"random histories of {of}, {LONG} steps each, seeds 0 to {self.cases - 1}"

    @property
    def parts(self) -> int:
        return -(-self.cases // A_PART)

    def play(self, part: int) -> Tally:
        tally = Tally()
        for seed in range(part * A_PART, min((part + 1) * A_PART, self.cases)):
            outcome = play(self.subject, seed, node())
            tally.add(self._failure(outcome, seed), steps=LONG, seconds=outcome.seconds)
            tally.count(f"{weather(seed)}/histories", 1)
            for kind, times in outcome.found.items():
                tally.count(f"{weather(seed)}/{kind}", 1)
                tally.count(f"{weather(seed)}/{kind} times", times)
                if len(tally.examples.setdefault(kind, [])) < SEEDS_KEPT:
                    tally.examples[kind].append(seed)
        return tally

    def _failure(self, outcome: Outcome, seed: int) -> str:
        """Return how to replay a history of ours that violated the design; empty for others."""
        if not self.subject.is_ours or not outcome.invariants:
            return ""
        return failure(JobHistories(node(), self.subject.handler), Script(seed))


@cache
def suites(histories: int = HISTORIES) -> tuple[Compared, ...]:
    """Return the histories of every handler."""
    return tuple(Compared(subject, histories) for subject in SUBJECTS)
