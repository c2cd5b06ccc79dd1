"""Random histories of applies, in parallel and beside a schedule."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.applies.invariants import violations
from tests.simulation.applies.steps import play
from tests.simulation.applies.world import ApplyWorld
from tests.simulation.cloudformation.answer_invariants import Violation
from tests.simulation.cloudformation.faults import STORMY, Chance, Switches
from tests.simulation.histories import Played, Script


def random_world(seed: int) -> ApplyWorld:
    """Return the world of a seed, with unverified behaviour of the service one way or the other."""
    chance = Chance(seed, STORMY)
    flip = chance.random.random
    switches = Switches(
        describe_lag=3.0 if flip() < 0.3 else 0.0,
        list_lag=20.0 if flip() < 0.3 else 0.0,
        not_found_is_validation_error=flip() < 0.5,
        stop_on_terminal_is_refused=flip() < 0.5,
        empty_pages=flip() < 0.5,
        quota=2 if flip() < 0.2 else 0,
    )
    return ApplyWorld(chance, switches)


@dataclass(frozen=True, slots=True)
class ApplyHistories:
    """Histories of the jobs of one owner, which several processes act on."""

    name: str = "applies"
    options: str = ""

    def play(self, script: Script) -> Played:
        world = random_world(script.seed)
        began = world.clock.time
        seconds = 0.0
        try:
            play(world, script.numbers())
            seconds = world.clock.time - began
            found = violations(world)
        except Exception as error:  # of an actor, or of the check: a violation either way
            found = [Violation("crash", repr(error))]
        return Played((*found,), (*world.done,), seconds, world.chance.visited)
