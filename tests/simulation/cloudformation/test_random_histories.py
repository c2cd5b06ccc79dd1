"""Random histories of 50 steps, with faults everywhere: no invariant is ever violated.

A failure prints its seed, a shortened history that fails too, and the command that replays it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import pytest

from tests.simulation.cloudformation.documented import with_provider
from tests.simulation.cloudformation.histories import JobHistories
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.histories import Histories, Script, failure

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


def visited_by(kind: Histories, seeds: Iterable[int]) -> Counter[str]:
    """Play the histories of these seeds; return what they met. Fails at the first violation."""
    visited: Counter[str] = Counter()
    for seed in seeds:
        played = kind.play(Script(seed))
        if played.violations:
            pytest.fail(failure(kind, Script(seed)))
        visited += played.visited
    return visited


def too_rare(visited: Counter[str], histories: int) -> dict[str, int]:
    """Return the states that were met less often than their floor."""
    return {
        state: visited[state]
        for state, floor in FLOORS.items()
        if visited[state] < floor * histories // 100
    }


def test_sixty_random_histories_violate_nothing(node: NodeProvider) -> None:
    visited = visited_by(JobHistories(node), range(60))
    assert too_rare(visited, 60) == {}


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_ten_thousand_random_histories_violate_nothing(node: NodeProvider, part: int) -> None:
    visited = visited_by(JobHistories(node), range(1000 + part * 500, 1500 + part * 500))
    assert too_rare(visited, 500) == {}


def test_the_handler_that_everybody_writes_first_violates_much(node: NodeProvider) -> None:
    kind = JobHistories(node, with_provider)
    violated: Counter[str] = Counter()
    for seed in range(20):
        violated.update({found.invariant for found in kind.play(Script(seed)).violations})
    assert violated["I2"] >= 2, "orphans"
    assert violated["I5"] >= 5, "answers"
