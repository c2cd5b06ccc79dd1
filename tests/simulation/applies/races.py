"""Two processes act on two jobs at the same time, in every order of their first calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.cli.plans.owner_run import Until
from tests.fakes.sagemaker import Script
from tests.simulation.applies.invariants import violations
from tests.simulation.applies.turns import Lane, Turns
from tests.simulation.applies.world import ApplyActor, ApplyWorld, Declared
from tests.simulation.cloudformation.answer_invariants import Violation
from tests.simulation.cloudformation.faults import Chance
from tests.simulation.cloudformation.interleavings import explore_choices, replay_command

OLD: Final[Declared] = {"detector/ml_c5": ("m1", "vision"), "lanes/ml_c5": ("m1", "vision")}
NEW: Final[Declared] = {"detector/ml_c5": ("m2", "vision"), "lanes/ml_c5": ("m2", "vision")}
CALLS: Final = 8
"""So many calls of each process are made in every order."""
ENDLESS: Final = Script(running=50_000)
"""Jobs that do not end by themselves while a race is on: what is left running is seen."""
Race = Callable[[ApplyWorld], list[ApplyActor]]
"""Prepares a world; returns who is to race in it."""


@dataclass(slots=True)
class Choices:
    """Chooses who goes next as it is told; where it is told nothing, the first who may.

    Attributes:
        choices: Which of those that may go does, at each fork.
        calls: How many calls of each are chosen so; what comes after is one after the other.
        forks: What was chosen at each fork, and between how many.
    """

    choices: list[int]
    calls: int = CALLS
    forks: list[tuple[int, int]] = field(default_factory=list)
    _made: dict[int, int] = field(default_factory=dict)

    def choice(self, lanes: Sequence[Lane], /) -> Lane:
        ready = [lane for lane in lanes if self._made.get(id(lane), 0) < self.calls]
        chosen = self._fork(ready) if len(ready) > 1 else (ready or lanes)[0]
        self._made[id(chosen)] = self._made.get(id(chosen), 0) + 1
        return chosen

    def _fork(self, ready: Sequence[Lane]) -> Lane:
        at = len(self.forks)
        number = self.choices[at] if at < len(self.choices) else 0
        self.forks.append((number, len(ready)))
        return ready[number]


def two_applies(world: ApplyWorld) -> list[ApplyActor]:
    """Two processes apply one plan of two new jobs."""
    world.declared = dict(OLD)
    plan = world.plan()
    return [ApplyActor("plan", document=plan, until=Until.ACCEPTED) for _ in range(2)]


def an_older_plan(world: ApplyWorld) -> list[ApplyActor]:
    """One applies the plan of what was declared before, the other that of what is, and prunes."""
    world.declared = dict(OLD)
    older = ApplyActor("plan", document=world.plan(), until=Until.ACCEPTED)
    world.declared = dict(NEW)
    newer = ApplyActor("plan", document=world.plan(prune=True), until=Until.ACCEPTED)
    return [older, newer]


def apply_and_schedule(world: ApplyWorld) -> list[ApplyActor]:
    """An apply with --state and the schedule of the same deployed fleet, which has changed."""
    world.declared = dict(OLD)
    world.deploy()
    world.declared = dict(NEW)
    world.deploy()
    plan = world.plan(shared=True)
    return [ApplyActor("plan", document=plan, until=Until.ACCEPTED), ApplyActor("schedule")]


RACES: Final[tuple[Race, ...]] = (two_applies, an_older_plan, apply_and_schedule)


def play_race(race: Race, told: Choices) -> tuple[list[Violation], list[str]]:
    """Play a race in one order of calls; return what was violated, and the calls."""
    world = ApplyWorld(Chance(1))
    world.sagemaker.script_of = lambda request: ENDLESS
    actors = race(world)
    world.turns = Turns(world.clock, told)
    before = len(world.fleet.calls)
    world.act(actors)
    calls = world.fleet.calls[before:]
    return violations(world), calls


def explore_race(race: Race, calls: int = CALLS) -> int:
    """Play a race in every order of so many calls of each; how many there are.

    Raises AssertionError, with the command that replays it, if an invariant does not hold in one.
    """

    def play(choices: list[int]) -> list[tuple[int, int]]:
        told = Choices(choices, calls)
        found, _ = play_race(race, told)
        assert not found, f"{found}\n{replay_command(race.__name__, told.forks)}"
        return told.forks

    return explore_choices(play)
