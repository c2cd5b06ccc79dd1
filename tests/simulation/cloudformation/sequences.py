"""Random histories: what users, CloudFormation and bad luck do to a stack, step after step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.fakes.sagemaker import LIVE, Script
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import DEADLY, QUIET, STORMY, Rates, Switches
from tests.simulation.cloudformation.invariants import Violation, identity, ours, violations
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.stack import Resource, Stack, sibling
from tests.simulation.cloudformation.world import Handler, World

SYSTEM_ERROR: Final = "ServerError: internal error, please retry"
USER_ERROR: Final = "ClientError: InputConfiguration: Exactly one .pb or .pbtxt file is allowed"
SCRIPTS: Final[dict[str, Script | list[Script]]] = {
    "quick": Script(running=25),
    "slow": Script(running=500),
    "racing": Script(running=70, completes_when_stopped=True),
    "forever": FOR_EVER,
    "stubborn": Script(running=720_000, stopping=400),
    "broken": Script(running=30, outcome="FAILED", reason=USER_ERROR),
    "flaky": [Script(running=30, outcome="FAILED", reason=SYSTEM_ERROR), Script(running=30)],
    "unlucky": Script(running=30, outcome="FAILED", reason=SYSTEM_ERROR),
    "nowhere": Script(running=30, artifact_missing=True),
    "vanished": [Script(running=30, artifact_missing=True), Script(running=30)],
}
RATES: Final[tuple[Rates, ...]] = (QUIET, STORMY, DEADLY)
STUCK: Final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


def random_world(seed: int, node: NodeProvider, handler: Handler) -> World:
    """Return the world of a seed: its weather and its unverified behaviour are drawn too."""
    world = World(seed, node, handler)
    random = world.chance.random
    switches = Switches(
        describe_lag=random.choice([0.0, 0.0, 10.0, 60.0]),
        list_lag=random.choice([0.0, 0.0, 10.0, 60.0]),
        not_found_is_validation_error=random.random() < 0.5,
        stop_on_terminal_is_refused=random.random() < 0.7,
        names_are_reusable=random.random() < 0.5,
        empty_pages=random.random() < 0.3,
        iam_lag=random.choice([0.0, 0.0, 30.0, 90.0]),
        quota=random.choice([0, 0, 0, 3]),
        last_updated_moves_at_rollback=random.random() < 0.5,
        stack_lag=random.choice([0.0, 0.0, 5.0]),
        rows_lag=random.choice([0.0, 0.0, 5.0]),
        tags_lag=random.choice([0.0, 0.0, 30.0]),
        policy_lag=random.choice([0.0, 0.0, 0.0, 30.0]),
        rows_show_progress=random.random() < 0.8,
        rows_are_timed=random.random() < 0.8,
        ids_come_late=random.random() < 0.2,
    )
    world.close()
    scripts = {
        name: [*script] if isinstance(script, list) else script for name, script in SCRIPTS.items()
    }
    rates = RATES[seed % len(RATES)]
    return World(
        seed,
        node,
        handler,
        rates=rates,
        switches=switches,
        scripts=scripts,
        real_adapters=seed % 2 == 0,
    )


@dataclass(slots=True)
class Actor:
    """Does one thing after another to one stack (or its successors)."""

    world: World
    stack: Stack | None = None
    template: list[Resource] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """What was done, for the message of a failure."""

    def step(self) -> None:
        """One random step that the stack's phase allows."""
        steps = self._possible()
        chosen = self.world.chance.random.choices(
            [step for step, _ in steps], [weight for _, weight in steps]
        )[0]
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
        self.world.run_for(self.world.chance.random.choice([1.0, 10.0, 40.0, 120.0, 400.0]))

    def create(self) -> None:
        self.template = [self._model("Alpha")]
        if self.world.chance.random.random() < 0.6:
            after = ("Alpha",) if self.world.chance.random.random() < 0.3 else ()
            self.template.append(self._model("Beta", after))
        self.stack = self.world.create(
            *self.template, *self._sibling(), no_rollback=self.world.chance.random.random() < 0.1
        )

    def update(self) -> None:
        assert self.stack is not None
        random = self.world.chance.random
        changed = [
            self._model(item.logical_id, item.depends_on) if random.random() < 0.7 else item
            for item in self.template
        ]
        if len(changed) > 1 and random.random() < 0.2:
            changed.pop()
        elif len(changed) == 1 and random.random() < 0.3:
            changed.append(self._model("Beta"))
        before = self.stack
        self.template = changed
        self.world.update(before, *changed, *self._sibling())

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
        skip = failed if self.world.chance.random.random() < 0.3 else []
        self.world.cloudformation.continue_update_rollback(self.stack, skip)

    def stop_a_job(self) -> None:
        live = [job for job in self.world.sagemaker.live() if not job.foreign]
        if live:
            self.world.chance.visit("job stopped by somebody")
            self.world.chance.random.choice(live).stop(self.world.simulation.now)

    def delete_a_record(self) -> None:
        now = self.world.simulation.now
        ended = [
            job for job in ours(self.world) if job.deleted is None and job.status(now) not in LIVE
        ]
        if ended:
            self.world.chance.visit("record deleted by somebody")
            job = self.world.chance.random.choice(ended)
            job.deleted = now
            self.world.tampered[identity(job.name)] += 1

    def lose_an_artifact(self) -> None:
        done = [
            job for job in ours(self.world) if job.status(self.world.simulation.now) == "COMPLETED"
        ]
        if done:
            self.world.chance.visit("artifact lost")
            self.world.chance.random.choice(done).artifact_removed = True

    def add_a_foreign_job(self) -> None:
        """A job whose name looks just like one of ours, and whose tags do not (quite)."""
        known = ours(self.world)
        if not known:
            return
        random = self.world.chance.random
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

    def _model(self, logical_id: str, depends_on: tuple[str, ...] = ()) -> Resource:
        random = self.world.chance.random
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
        )

    def _sibling(self) -> list[Resource]:
        random = self.world.chance.random
        if random.random() < 0.3:
            return []
        seconds = random.choice([0.0, 2.0, 20.0, 60.0, 200.0, 600.0]) + random.random() * 30
        return [sibling("Other", seconds, fails=random.random() < 0.6)]


def play(world: World, steps: int) -> tuple[list[Violation], Actor]:
    """Play a history to its end, twice at rest: converged, and with everything removed."""
    actor = Actor(world)
    for _ in range(steps):
        actor.step()
    actor.converge()
    found = violations(world)
    actor.remove_everything()
    found += [item for item in violations(world) if item not in found]
    return found, actor
