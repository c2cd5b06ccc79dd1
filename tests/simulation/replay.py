"""Play one history again: `python -m tests.simulation.replay KIND SEED --steps N --skip 0,3`.

Failing histories print this command. It prints every step and what was violated, and exits with 1
if something was.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from tests.simulation.applies.histories import ApplyHistories
from tests.simulation.cloudformation.histories import JobHistories
from tests.simulation.cloudformation.mutants import MUTANTS
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.fleet.histories import FleetHistories
from tests.simulation.histories import LONG, Histories, Script, failure, report

KINDS: Final = ("jobs", "fleets", "applies")


def histories_on(kind: str, node: Callable[[], NodeProvider], mutant: str = "") -> Histories:
    """Return the histories of a kind.

    Args:
        kind: One of KINDS.
        node: Starts the Provider framework; called where it takes part.
        mutant: The handler of `jobs` with one mistake, by its name in `mutants.py`.
    """
    match kind:
        case "applies":
            return ApplyHistories()
        case "fleets":
            return FleetHistories(node())
        case _:
            return JobHistories(node(), MUTANTS[mutant] if mutant else our_handler, mutant)


@contextmanager
def node_process() -> Iterator[Callable[[], NodeProvider]]:
    """Return what starts Node; it is ended with the block."""
    with ExitStack() as stack:

        def start() -> NodeProvider:
            made = NodeProvider()
            stack.callback(made.close)
            return made

        yield start


def main(arguments: Sequence[str] | None = None) -> int:
    """Play it. Return 1 if an invariant did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.replay", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, default=LONG)
    parser.add_argument("--skip", default="", help="numbers of steps to leave out: 0,3")
    parser.add_argument("--shorten", action="store_true", help="look for a shorter one that fails")
    parser.add_argument("--mutant", default="", choices=["", *MUTANTS], help="a handler that errs")
    options = parser.parse_args(arguments)
    skipped = frozenset(int(number) for number in options.skip.split(",") if number)
    script = Script(options.seed, options.steps, skipped)
    with node_process() as node:
        kind = histories_on(options.kind, node, options.mutant)
        played = kind.play(script)
        shorten = options.shorten and played.violations
        print(failure(kind, script) if shorten else report(played))
    return 1 if played.violations else 0


if __name__ == "__main__":
    sys.exit(main())
