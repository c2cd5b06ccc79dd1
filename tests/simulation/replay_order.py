"""Play one order of calls again: `python -m tests.simulation.replay_order cancelled --choices 0,1`.

Failing orders print this command. It prints every call in its order, and what was violated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from tests.simulation.applies.races import CALLS, RACES, Choices, play_race
from tests.simulation.cloudformation.interleavings import Interleaving
from tests.simulation.cloudformation.races import (
    Play,
    cancelled,
    delivered_twice,
    updated_and_rolled_back,
)

PLAYS: Final[tuple[Play, ...]] = (cancelled, delivered_twice, updated_and_rolled_back)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play it. Return 1 if an invariant did not hold."""
    plays = {play.__name__: play for play in PLAYS}
    races = {race.__name__: race for race in RACES}
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation.replay_order", description=__doc__
    )
    parser.add_argument("situation", choices=[*plays, *races])
    parser.add_argument("--choices", default="0", help="which actor goes, at each fork: 0,1,1")
    options = parser.parse_args(arguments)
    choices = [int(number) for number in options.choices.split(",")]
    if options.situation in races:
        found, calls = play_race(races[options.situation], Choices(choices, CALLS))
        told = "\n".join(map(str, found))
    else:
        calls, told = _played(plays[options.situation], choices)
    print("\n".join([*calls, told or "no violation"]))
    return 1 if told else 0


def _played(play: Play, choices: list[int]) -> tuple[list[str], str]:
    """Return the calls of two invocations in one order, and what did not hold."""
    run = Interleaving(choices, calls=CALLS)
    try:
        play(run)
    except AssertionError as error:
        return run.told, str(error) or "an assertion did not hold"
    return run.told, ""


if __name__ == "__main__":
    sys.exit(main())
