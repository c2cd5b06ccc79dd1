"""Random histories: what users, CloudFormation and bad luck do to a stack, step after step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.fakes.sagemaker import LIVE
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.invariants import Violation, identity, ours, violations
from tests.simulation.cloudformation.random_worlds import SCRIPTS, verifies
from tests.simulation.cloudformation.stack import SIBLING, Resource, Stack, sibling
from tests.simulation.cloudformation.world import World

STUCK: Final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


@dataclass(slots=True)
class Actor:
    """Does one thing after another to one stack (or its successors).

    Each step has its own chance: what a handler makes of one does not change what the next ones
    ask for, so that several handlers meet the same users.
    """

    world: World
    random: Random = field(default_factory=Random)
    """The chance of the present step."""
    stack: Stack | None = None
    template: list[Resource] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """What was done, for the message of a failure."""

    def step(self, number: int) -> None:
        """Make a random step that the stack's phase allows."""
        self.random = Random(f"{self.world.seed} {number}")
        steps = self._possible()
        chosen = self.random.choices([step for step, _ in steps], [weight for _, weight in steps])[
            0
        ]
        self.done.append(f"{self.world.simulation.now:.0f} {chosen.__name__}")
        chosen()

    def converge(self) -> None:
        """No more faults: let everything end, and finish what a user would have to finish."""
        self.world.calm()
        self.world.settle()
        for _ in range(4):
            stack = self.stack
            if stack is None or stack.phase not in (*STUCK, "UPDATE_ROLLBACK_FAILED"):
                return
            if stack.phase == "UPDATE_ROLLBACK_FAILED":
                self.world.cloudformation.continue_update_rollback(stack)
            else:
                self.world.delete(stack)
            self.world.settle()

    def remove_everything(self) -> None:
        """Delete the stack, if there is one."""
        if self.stack is not None and self.stack.phase != "DELETE_COMPLETE":
            self.world.delete(self.stack)
            self.world.settle()
            assert self.stack.phase == "DELETE_COMPLETE", self.stack.phase

    def _possible(self) -> list[tuple[Callable[[], None], float]]:
        phase = self.stack.phase if self.stack is not None else "DELETE_COMPLETE"
        always: list[tuple[Callable[[], None], float]] = [
            (self.wait, 3.0),
            (self.stop_a_job, 0.3),
            (self.delete_a_record, 0.3),
            (self.lose_an_artifact, 0.2),
            (self.add_a_foreign_job, 0.2),
        ]
        match phase:
            case "DELETE_COMPLETE":
                return [*always, (self.create, 3.0)]
            case "CREATE_IN_PROGRESS":
                return [*always, (self.wait, 4.0), (self.delete, 0.5)]
            case "UPDATE_IN_PROGRESS":
                return [*always, (self.wait, 4.0), (self.cancel_update, 0.6)]
            case "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE":
                return [*always, (self.update, 4.0), (self.delete, 0.4)]
            case "UPDATE_ROLLBACK_FAILED":
                return [*always, (self.continue_rollback, 3.0), (self.delete, 0.5)]
            case _ if phase in STUCK:
                return [*always, (self.delete, 3.0)]
            case _:
                return [*always, (self.wait, 6.0)]

    # --- steps --------------------------------------------------------------------------------

    def wait(self) -> None:
        self.world.run_for(self.random.choice([1.0, 10.0, 40.0, 120.0, 400.0]))

    def create(self) -> None:
        self.template = [self._model("Alpha")]
        if self.random.random() < 0.6:
            after = ("Alpha",) if self.random.random() < 0.3 else ()
            self.template.append(self._model("Beta", after))
        template = [*self.template, *self._sibling()]
        self._note(template)
        self.stack = self.world.create(*template, no_rollback=self.random.random() < 0.1)

    def update(self) -> None:
        assert self.stack is not None
        random = self.random
        changed = [
            self._model(item.logical_id, item.depends_on) if random.random() < 0.7 else item
            for item in self.template
        ]
        if len(changed) > 1 and random.random() < 0.2:
            changed.pop()
        elif len(changed) == 1 and random.random() < 0.3:
            changed.append(self._model("Beta"))
        self.template = changed
        template = [*changed, *self._sibling()]
        self._note(template)
        self.world.update(self.stack, *template)

    def delete(self) -> None:
        assert self.stack is not None
        self.world.delete(self.stack)

    def cancel_update(self) -> None:
        assert self.stack is not None
        self.world.cloudformation.cancel_update_stack(self.stack)

    def continue_rollback(self) -> None:
        assert self.stack is not None
        failed = [
            name
            for name, record in self.stack.records.items()
            if record.status == "UPDATE_FAILED" and not record.created_now
        ]
        skip = failed if self.random.random() < 0.3 else []
        self.world.cloudformation.continue_update_rollback(self.stack, skip)

    def stop_a_job(self) -> None:
        live = [job for job in self.world.sagemaker.live() if not job.foreign]
        if live:
            self.world.chance.visit("job stopped by somebody")
            self.random.choice(live).stop(self.world.simulation.now)

    def delete_a_record(self) -> None:
        now = self.world.simulation.now
        ended = [
            job for job in ours(self.world) if job.deleted is None and job.status(now) not in LIVE
        ]
        if ended:
            self.world.chance.visit("record deleted by somebody")
            job = self.random.choice(ended)
            job.deleted = now
            self.world.tampered[identity(job.name)] += 1

    def lose_an_artifact(self) -> None:
        done = [
            job for job in ours(self.world) if job.status(self.world.simulation.now) == "COMPLETED"
        ]
        if done:
            self.world.chance.visit("artifact lost")
            self.random.choice(done).artifact_removed = True

    def add_a_foreign_job(self) -> None:
        """A job whose name looks just like one of ours, and whose tags do not (quite)."""
        known = ours(self.world)
        if not known:
            return
        random = self.random
        model = random.choice(known)
        name = random.choice([f"{model.name[:-4]}2345", f"{model.name}-x", f"x{model.name}"])[:63]
        if self.world.sagemaker.job(name) is None:
            self.world.chance.visit("foreign look-alike")
            tags = random.choice([{}, {"neo:managed-by": "neo-as-code", "neo:owner": "s0000"}])
            request = {
                **model.request,
                "CompilationJobName": name,
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
            self.world.sagemaker.add_job(request, script=FOR_EVER, foreign=True)

    # --- templates ----------------------------------------------------------------------------

    def _note(self, template: Iterable[Resource]) -> None:
        """Say in the history what a template declares."""
        self.done[-1] += "".join(f", {described(resource)}" for resource in template)

    def _model(self, logical_id: str, depends_on: tuple[str, ...] = ()) -> Resource:
        random = self.random
        model = random.choices([*SCRIPTS], [5, 3, 2, 2, 1, 2, 2, 1, 1, 1])[0]
        return neo(
            logical_id,
            model,
            max_runtime=864_000 if model in ("forever", "stubborn") else 600,
            wait=random.random() < 0.85,
            removal=random.choice(["destroy", "retain"]),
            deadline=random.choice([900, 1800]),
            tags=random.choice([{}, {"team": "a"}, {"team": "b", "x": "y"}]),
            depends_on=depends_on,
            verify="fail" if verifies(self.world.seed) else "",
        )

    def _sibling(self) -> list[Resource]:
        random = self.random
        if random.random() < 0.3:
            return []
        seconds = random.choice([0.0, 2.0, 20.0, 60.0, 200.0, 600.0]) + random.random() * 30
        return [sibling("Other", seconds, fails=random.random() < 0.6)]


def described(resource: Resource) -> str:
    """Return what a resource is, in a few words."""
    properties = resource.properties
    if resource.type == SIBLING:
        outcome = "fails" if properties["fails"] else "succeeds"
        return f"{resource.logical_id} {outcome} after {properties['seconds']:.0f} s"
    uri = json.loads(properties["Declaration"])["request"]["InputConfig"]["S3Uri"]
    model = uri.rpartition("/")[2].removesuffix(".tar.gz")
    return f"{resource.logical_id} = {model}" + ("" if properties["Wait"] else " (wait=False)")


def play(actor: Actor, numbers: Iterable[int]) -> list[Violation]:
    """Play a history to its end, twice at rest: converged, and with everything removed."""
    for number in numbers:
        actor.step(number)
    actor.converge()
    found = violations(actor.world)
    actor.remove_everything()
    return found + [item for item in violations(actor.world) if item not in found]
