"""Two processes, two jobs: every order of their calls ends well."""

from __future__ import annotations

import pytest

from tests.simulation.applies.races import RACES, Race, explore_race


@pytest.mark.parametrize("race", RACES)
def test_every_order_of_the_first_calls_of_two_processes_ends_well(race: Race) -> None:
    assert explore_race(race, calls=3) >= 20
