"""Random histories of applies, in parallel and beside a schedule: no invariant is ever violated.

A failure prints its seed, a shortened history that fails too, and the command that replays it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import pytest

from tests.simulation.applies.histories import ApplyHistories
from tests.simulation.histories import LONG, Script, failure

SHORT: Final = 3
EVERYDAY_PARTS, PART = 2, 500
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


def visited_by(seeds: Iterable[int], steps: int) -> Counter[str]:
    """Play the histories of these seeds; return what they met. Fails at the first violation."""
    kind = ApplyHistories()
    visited: Counter[str] = Counter()
    for seed in seeds:
        played = kind.play(Script(seed, steps))
        if played.violations:
            pytest.fail(failure(kind, Script(seed, steps)))
        visited += played.visited
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


@pytest.mark.parametrize("part", range(EVERYDAY_PARTS))
def test_a_thousand_short_histories_violate_nothing(part: int) -> None:
    met = by_kind(visited_by(range(part * PART, (part + 1) * PART), SHORT))
    rare = {state: floor * PART // 100 for state, floor in FLOORS.items()}
    assert {state: met[state] for state, floor in rare.items() if met[state] < floor} == {}


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_ten_thousand_long_histories_violate_nothing(part: int) -> None:
    visited_by(range(10_000 + part * 500, 10_500 + part * 500), LONG)
