"""Random histories of a stack with a fleet in it: what users, CloudFormation and bad luck do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.fakes.sagemaker import Script as JobScript
from tests.simulation.cloudformation.answer_invariants import Violation
from tests.simulation.cloudformation.faults import DEADLY, STORMY, Switches
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.simulation import EPOCH
from tests.simulation.cloudformation.stack import Resource, Stack, sibling
from tests.simulation.fleet.stacks import FOR_EVER, Fleets
from tests.simulation.histories import Played, Script

STUCK: Final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
LAGS: Final = (0.0, 10.0, 60.0)
SCRIPTS: Final = {
    "quick": JobScript(running=25),
    "slow": JobScript(running=500),
    "ever": FOR_EVER,
    "broken": JobScript(running=30, outcome="FAILED", reason="ClientError: no such input"),
}


def world_of(seed: int, node: NodeProvider) -> Fleets:
    """Return the world of a seed, with unverified behaviour of the services one way or another."""
    switches = Switches(
        list_lag=LAGS[seed % 3], describe_lag=LAGS[seed // 3 % 3], empty_pages=seed % 2 == 0,
        names_are_reusable=seed % 4 < 2, quota=3 if seed % 5 == 0 else 0,
        stack_lag=5.0 if seed % 7 == 0 else 0.0,
        rows_lag=5.0 if seed % 7 < 2 else 0.0, rows_show_progress=seed % 6 != 1,
        rows_are_timed=seed % 4 != 3,
    )  # fmt: skip
    more = {"switches": switches, "rates": STORMY if seed % 2 else DEADLY}
    fleets = Fleets(node, seed, more)
    fleets.scripts(**SCRIPTS)
    return fleets


@dataclass(slots=True)
class FleetActor:
    """Does one thing after another to one stack (or its successors)."""

    fleets: Fleets
    stack: Stack | None = None
    done: list[str] = field(default_factory=list)

    @property
    def phase(self) -> str:
        return "DELETE_COMPLETE" if self.stack is None else self.stack.phase

    def step(self, random: Random) -> None:
        """Do one thing that the stack's phase allows, and let time pass."""
        world, stack, phase = self.fleets.world, self.stack, self.phase
        resources = self._resources(random)
        what = "wait"
        if stack is None or phase == "DELETE_COMPLETE":
            what, self.stack = "create", world.create(*resources)
        elif phase in STUCK or (phase.endswith("_COMPLETE") and random.random() < 0.2):
            what = "delete"
            world.delete(stack)
        elif phase.endswith("_COMPLETE"):
            what = "update"
            world.update(stack, *resources)
        self.done.append(f"{world.simulation.now:.0f} {what}")
        world.run_for(random.choice([1.0, 20.0, 100.0, 500.0, 4000.0]))

    def _resources(self, random: Random) -> list[Resource]:
        fleet = self.fleets.fleet(
            random.randint(1, 4), random.choice([*SCRIPTS]),
            OnFailure=random.choice(["fail", "continue"]), Wait=random.choice(["true", "false"]),
        )  # fmt: skip
        seconds, fails = random.uniform(0, 200), random.random() < 0.3
        return [fleet, sibling("Other", seconds, fails=True)] if fails else [fleet]

    def converge(self) -> None:
        """No more faults: let everything end, and finish what a user would have to finish."""
        world = self.fleets.world
        world.calm()
        world.settle()
        for _ in range(4):
            if self.stack is None or self.phase not in (*STUCK, "UPDATE_ROLLBACK_FAILED"):
                return
            if self.phase == "UPDATE_ROLLBACK_FAILED":
                world.cloudformation.continue_update_rollback(self.stack)
            else:
                world.delete(self.stack)
            world.settle()

    def remove_everything(self) -> None:
        """Delete the stack, if there is one."""
        if self.stack is not None and self.phase != "DELETE_COMPLETE":
            self.fleets.world.delete(self.stack)
            self.fleets.world.settle()
            assert self.phase == "DELETE_COMPLETE", self.phase


def violations(actor: FleetActor) -> Iterator[Violation]:
    """Return all that is wrong with a world at rest."""
    fleets = actor.fleets
    accepted = Counter(fleets.world.sagemaker.accepted())
    yield from (Violation("I1", f"{name} twice") for name, count in accepted.items() if count > 1)
    for model in fleets.live_models() - _declared(actor):
        yield Violation("I2", f"a job of {model} is live, and {actor.phase} declares none")
    for request in fleets.world.custom.requests.values():
        for answer in request.answers:
            size = len(answer.body.encode())
            if size > 4096 or not json.loads(answer.body)["PhysicalResourceId"]:
                yield Violation("I5", f"the answer to {request.type}: {answer.body[:200]}")


def _declared(actor: FleetActor) -> set[str]:
    """Return the models that the stack's fleet declares."""
    if actor.stack is None or actor.phase == "DELETE_COMPLETE":
        return set()
    record = actor.stack.records.get("Fleet")
    if record is None:
        return set()
    document = actor.fleets.assets.objects[record.resource.properties["Document"]["Key"]]
    uris = [job["request"]["InputConfig"]["S3Uri"] for job in json.loads(document.body)["jobs"]]
    return {uri.rpartition("/")[2].removesuffix(".tar.gz") for uri in uris}


@dataclass(frozen=True, slots=True)
class FleetHistories:
    """Histories of a fleet in a stack."""

    node: NodeProvider
    name: str = "fleets"
    options: str = ""

    def play(self, script: Script) -> Played:
        fleets = world_of(script.seed, self.node)
        actor = FleetActor(fleets)
        found: dict[Violation, None] = {}
        try:
            for number in script.numbers():
                actor.step(Random(f"{script.seed} {number}"))
            actor.converge()
            found |= dict.fromkeys(violations(actor))
            actor.remove_everything()
            found |= dict.fromkeys(violations(actor))
        except AssertionError as error:
            found[Violation("stuck", repr(error))] = None
        finally:
            fleets.world.close()
        world = fleets.world
        met = world.chance.visited + Counter(jobs=len(world.sagemaker.accepted()))
        return Played((*found,), (*actor.done,), world.simulation.now - EPOCH, met)
