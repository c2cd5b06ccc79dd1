"""Prints how often the handler and the one that everybody writes first go wrong, side by side.

`python -m tests.simulation.cloudformation.compare [HISTORIES]`: the same random histories of 50
steps for both, behind the same real Provider framework.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Final

from tests.simulation.cloudformation.naive import naive
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.sequences import play, random_world
from tests.simulation.cloudformation.world import Handler, World

COLUMNS: Final = (
    "with a job left running that nobody wants",
    "with a success that is none",
    "with a request that had no answer for an hour",
    "with a stack that cannot be deleted",
)


def tally(node: NodeProvider, handler: Handler, histories: int) -> Counter[str]:
    """In how many histories each thing happened."""
    counts: Counter[str] = Counter()
    for seed in range(histories):
        world = random_world(seed, node, handler)
        try:
            found, _ = play(world, 50)
            kinds = {violation.invariant for violation in found}
            happened = ("I2" in kinds, "I8" in kinds, unanswered(world), False)
        except AssertionError:
            happened = (False, False, False, True)
        finally:
            world.close()
        counts.update(name for name, it in zip(COLUMNS, happened, strict=True) if it)
    return counts


def unanswered(world: World) -> bool:
    """Return whether CloudFormation waited for its whole hour."""
    return any(request.outcome == "timed out" for request in world.custom.requests.values())


def main() -> None:
    """Print the table."""
    histories = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    node = NodeProvider()
    first, second = tally(node, naive, histories), tally(node, our_handler, histories)
    node.close()
    print(f"{f'{histories} histories of 50 steps':50}{'naive':>7}{'ours':>7}")
    for name in COLUMNS:
        print(f"{name:50}{first[name]:7}{second[name]:7}")


if __name__ == "__main__":
    main()
