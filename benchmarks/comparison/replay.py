"""Play one history of the comparison again: `python -m benchmarks.comparison.replay crhelper 7`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.comparison.playing import play, weather
from benchmarks.comparison.subjects import SUBJECTS
from benchmarks.long_run.parts import node
from tests.simulation.histories import LONG


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the steps of a history, and how often each kind of violation happened in it."""
    by_name = {subject.name: subject for subject in SUBJECTS}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.comparison.replay", description=__doc__
    )
    parser.add_argument("handler", choices=by_name)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, default=LONG)
    options = parser.parse_args(arguments)
    outcome = play(by_name[options.handler], options.seed, node(), options.steps)
    print(f"{options.handler}, seed {options.seed}, {weather(options.seed)}")
    print("\n".join(f"    {step}" for step in outcome.done))
    print("\n".join(f"{kind}: {times}" for kind, times in outcome.found.items()) or "nothing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
