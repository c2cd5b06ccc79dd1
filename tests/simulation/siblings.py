"""A sibling of our resource fails at one instant, and the stack turns round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.answer_invariants import Violation
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.invariants import violations
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.simulation import EPOCH
from tests.simulation.cloudformation.stack import Resource, Stack, sibling
from tests.simulation.cloudformation.world import World
from tests.simulation.fleet.histories import FleetActor
from tests.simulation.fleet.histories import violations as fleet_violations
from tests.simulation.fleet.stacks import Fleets
from tests.simulation.histories import Played

INSTANTS: Final = (*(n / 20 for n in range(100)), *(5 + 1.05 * n for n in range(100)))
"""200 in seconds: dense while the first calls are made, then to the end of a quick job."""
JOBS: Final = {"quick": Script(running=60), "ever": FOR_EVER}


@dataclass(frozen=True, slots=True)
class FailingSibling:
    """One case of many.

    Attributes:
        of: What is beside the sibling: job or fleet.
        operation: What the stack is in: create or update.
        model: How the new jobs go: quick, or ever.
        seconds: When the sibling fails, after it was begun.
    """

    of: str
    operation: str
    model: str
    seconds: float

    def play(self, node: NodeProvider) -> Played:
        """Play it to its end."""
        if self.of == "job":
            world = World(1, node, our_handler, scripts=dict(JOBS))
            return self._played(world, None)
        fleets = Fleets(node, 1)
        fleets.scripts(**JOBS)
        return self._played(fleets.world, fleets)

    def _played(self, world: World, fleets: Fleets | None) -> Played:
        try:
            stack = self._roll_back(world, fleets)
            found = [*self._violations(world, fleets, stack)]
        finally:
            world.close()
        what = f"{self.of}, {self.operation}, {self.model}, {self.seconds:.2f} s"
        return Played((*found,), (what,), world.simulation.now - EPOCH, world.chance.visited)

    def _roll_back(self, world: World, fleets: Fleets | None) -> Stack:
        failing = sibling("Other", self.seconds, fails=True)
        wanted = self._resource(fleets, self.model)
        if self.operation == "create":
            stack = world.create(wanted, failing)
        else:
            stack = world.create(self._resource(fleets, "before"))
            world.settle()
            world.update(stack, wanted, failing)
        world.settle()
        return stack

    def _resource(self, fleets: Fleets | None, model: str) -> Resource:
        return neo("Model", model) if fleets is None else fleets.fleet(2, model)

    def _violations(self, world: World, fleets: Fleets | None, stack: Stack) -> Sequence[Violation]:
        found = (
            violations(world) if fleets is None else [*fleet_violations(FleetActor(fleets, stack))]
        )
        expected = "ROLLBACK_COMPLETE" if self.operation == "create" else "UPDATE_ROLLBACK_COMPLETE"
        if stack.phase != expected:
            found.append(Violation("stuck", stack.phase))
        found += [Violation("I2", f"{job.name} is live") for job in world.sagemaker.live()]
        return found


CASES: Final = tuple(
    FailingSibling(of, operation, model, seconds)
    for of in ("job", "fleet")
    for operation in ("create", "update")
    for model in JOBS
    for seconds in INSTANTS
)
