"""Random histories of stacks with compilation jobs, for any handler."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.cloudformation.answer_invariants import Violation
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.random_worlds import random_world
from tests.simulation.cloudformation.sequences import Actor, play
from tests.simulation.cloudformation.simulation import EPOCH
from tests.simulation.cloudformation.world import Handler
from tests.simulation.histories import Played, Script, option


@dataclass(frozen=True, slots=True)
class JobHistories:
    """Histories of a stack with one or two jobs; `mutant` names another handler than ours."""

    node: NodeProvider
    handler: Handler = our_handler
    mutant: str = ""
    name: str = "jobs"

    @property
    def options(self) -> str:
        return option("mutant", self.mutant)

    def play(self, script: Script) -> Played:
        world = random_world(script.seed, self.node, self.handler)
        actor = Actor(world)
        try:
            found = play(actor, script.numbers())
        except AssertionError as error:
            found = [Violation("stuck", repr(error))]
        finally:
            world.close()
        seconds = world.simulation.now - EPOCH
        return Played((*found,), (*actor.done,), seconds, world.chance.visited)
