"""Small scopes, exhaustively: every order of the API calls of two racing invocations."""

from __future__ import annotations

from itertools import product

import pytest

from tests.simulation.cloudformation.interleavings import explore
from tests.simulation.cloudformation.races import (
    Play,
    cancelled,
    delivered_twice,
    updated_and_rolled_back,
)


@pytest.mark.parametrize(
    ("play", "preemptions", "at_least"),
    [(cancelled, 3, 100), (delivered_twice, 3, 100), (updated_and_rolled_back, 1, 10)],
)
def test_every_order_of_the_calls_of_two_invocations_ends_well(
    play: Play, preemptions: int | None, at_least: int
) -> None:
    assert explore(play, preemptions=preemptions) >= at_least


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("play", [cancelled, updated_and_rolled_back])
def test_every_order_ends_well_though_the_older_one_dies(play: Play, after: bool) -> None:
    actor = "create" if play is cancelled else "update"
    for call in range(1, 9, 1 if play is cancelled else 3):
        assert explore(play, preemptions=1, deaths={actor: (call, after)}) >= 5


@pytest.mark.long
@pytest.mark.parametrize("play", [cancelled, delivered_twice])
def test_every_order_without_any_bound_ends_well(play: Play) -> None:
    assert explore(play) >= 100


@pytest.mark.long
@pytest.mark.parametrize("actor", ["update", "rollback"])
def test_every_order_with_two_preemptions_and_a_death_ends_well(actor: str) -> None:
    for call, after in product(range(1, 12), (False, True)):
        explore(updated_and_rolled_back, preemptions=2, deaths={actor: (call, after)})
