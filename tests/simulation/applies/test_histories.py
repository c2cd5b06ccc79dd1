"""Random histories of applies, in parallel and beside a schedule: no invariant is ever violated.

A failure names its seed, the fewest steps that still fail, and what was done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import pytest

from tests.simulation.applies.invariants import violations
from tests.simulation.applies.steps import play
from tests.simulation.applies.world import ApplyWorld
from tests.simulation.cloudformation.faults import STORMY, Chance, Switches

SHORT, LONG = 3, 50
FLOORS: Final[dict[str, int]] = {
    "1 at once": 20,
    "2 at once": 12,
    "3 at once": 5,
    "KeyboardInterrupt": 3,
    "Killed": 3,
    "add_a_look_alike": 3,
    "apply+plan": 5,
    "apply+schedule": 2,
    "call_lost_response": 30,
    "call_throttled": 50,
    "delete_a_record": 6,
    "deployed": 20,
    "disown_a_job": 3,
    "lose_an_artifact": 3,
    "one plan applied by several": 8,
    "refused: an edited plan": 5,
    "stop_a_job": 6,
    "taken: an edited plan": 4,
    "taken: as written": 15,
}
"""How often 100 histories of three steps must at least meet what is rare."""


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


def failure_of(seed: int, steps: int) -> tuple[str, Counter[str]]:
    """Return what is wrong with a history, empty if nothing is, and what it met."""
    world = random_world(seed)
    try:
        play(world, steps)
        found = violations(world)
        told = "" if not found else f"{found}\n" + "\n".join(world.done)
    except Exception as error:  # a crash of an actor is a violation
        told = f"{error!r}\n" + "\n".join(world.done)
    return told, world.chance.visited


def visited_by(seeds: Iterable[int], steps: int) -> Counter[str]:
    """Play the histories of these seeds; return what they met. Fails at the first violation."""
    visited: Counter[str] = Counter()
    for seed in seeds:
        told, met = failure_of(seed, steps)
        if told:
            fewest = next((n for n in range(1, steps) if failure_of(seed, n)[0]), steps)
            pytest.fail(f"seed {seed}, {fewest} steps: {failure_of(seed, fewest)[0]}")
        visited += met
    return visited


def by_kind(visited: Counter[str]) -> Counter[str]:
    """Return what was met, with all edits of plans as one, and all deaths of one kind."""
    met = Counter(visited)
    for state, count in visited.items():
        kind, _, what = state.partition(": ")
        if what and what != "as written":
            met[f"{kind}: an edited plan"] += count
        met[state.split()[0]] += count if state.startswith(("Killed", "Keyboard")) else 0
    return met


def test_a_thousand_short_histories_violate_nothing() -> None:
    met = by_kind(visited_by(range(1000), SHORT))
    assert {state: met[state] for state, floor in FLOORS.items() if met[state] < floor * 10} == {}


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_ten_thousand_long_histories_violate_nothing(part: int) -> None:
    visited_by(range(10_000 + part * 500, 10_500 + part * 500), LONG)
