"""Random histories of 50 steps, with faults everywhere: no invariant is ever violated.

A failure names its seed, the fewest steps that still fail, and what was done; the same seed gives
the same history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import pytest

from tests.simulation.cloudformation.naive import naive
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.sequences import play, random_world
from tests.simulation.cloudformation.world import Handler

STEPS: Final = 50
# How often 100 histories must at least meet what is rare. A mix of steps that never gets there
# proves nothing.
FLOORS: Final[dict[str, int]] = {
    "Delete with an invented id": 80,
    "artifact lost": 20,
    "call_lost_response": 150,
    "call_slow": 100,
    "call_throttled": 300,
    "cancelled in flight: Create": 80,
    "cancelled in flight: Update": 40,
    "crash_after_call": 10,
    "crash_before_call": 10,
    "deleted while being created": 20,
    "duplicate_delivery": 80,
    "foreign look-alike": 30,
    "framework_killed": 5,
    "handler_answer_lost": 20,
    "handler_throttled": 3,
    "id replaced: SUCCESS": 40,
    "job stopped by somebody": 10,
    "late or second answer ignored": 200,
    "late_delivery": 20,
    "put_fails": 60,
    "record deleted by somebody": 40,
    "rollback Update sent": 100,
    "rollback skipped a resource": 1,
    "start_execution_lost": 1,
    "start_execution_refused": 3,
    "the SDK repeats CreateCompilationJob": 5,
    "update cancelled by the user": 15,
    "zombie poll": 150,
}


def failure_of(node: NodeProvider, handler: Handler, seed: int, steps: int) -> str:
    """Return what is wrong at the end of a history; empty if nothing is."""
    world = random_world(seed, node, handler)
    try:
        found, actor = play(world, steps)
        return "" if not found else f"{found}\n" + "\n".join(actor.done)
    except AssertionError as error:
        return f"{error!r}"
    finally:
        world.close()


def shortest(node: NodeProvider, seed: int) -> str:
    """Return a failing history cut down to the fewest steps that fail, told."""
    for steps in range(1, STEPS + 1):
        told = failure_of(node, our_handler, seed, steps)
        if told:
            return f"seed {seed}, {steps} steps: {told}"
    return f"seed {seed}: fails only with {STEPS} steps"


def visited_by(node: NodeProvider, seeds: Iterable[int]) -> Counter[str]:
    """Play the histories of these seeds; what they met. Fails at the first violation."""
    visited: Counter[str] = Counter()
    for seed in seeds:
        world = random_world(seed, node, our_handler)
        try:
            found, _ = play(world, STEPS)
            visited += world.chance.visited
        except AssertionError as error:
            found = [error]  # type: ignore[list-item]
        finally:
            world.close()
        if found:
            pytest.fail(f"{found}\n{shortest(node, seed)}")
    return visited


def too_rare(visited: Counter[str], histories: int) -> dict[str, int]:
    """Return the states that were met less often than their floor."""
    return {
        state: visited[state]
        for state, floor in FLOORS.items()
        if visited[state] < floor * histories // 100
    }


def test_sixty_random_histories_violate_nothing(node: NodeProvider) -> None:
    visited = visited_by(node, range(60))
    assert too_rare(visited, 60) == {}


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_ten_thousand_random_histories_violate_nothing(node: NodeProvider, part: int) -> None:
    visited = visited_by(node, range(1000 + part * 500, 1500 + part * 500))
    assert too_rare(visited, 500) == {}


def test_the_handler_that_everybody_writes_first_violates_much(node: NodeProvider) -> None:
    violated: Counter[str] = Counter()
    for seed in range(20):
        world = random_world(seed, node, naive)
        try:
            found, _ = play(world, STEPS)
            violated.update({violation.invariant for violation in found})
        except AssertionError:
            violated["stack stuck"] += 1
        finally:
            world.close()
    assert violated["I2"] >= 2, "orphans"
    assert violated["I5"] >= 5, "answers"
