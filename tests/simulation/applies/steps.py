"""What happens in a history: one step after another, chosen by chance."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable
from typing import Final

from reconciler.cli.plans.approving import verified
from reconciler.cli.plans.document import PlanDocument
from reconciler.cli.plans.files import PlanFileError, read, text_of
from reconciler.core.contradictions import PlanError
from reconciler.core.ports import PortError
from tests.fakes.sagemaker import LIVE, Job
from tests.simulation.applies.hand_edits import OTHERS_JOB, edited
from tests.simulation.applies.world import CHANGING, NAMES, ApplyActor, ApplyWorld, Killed, identity

MODELS: Final = ("m1", "m2")
TEAMS: Final = ("vision", "audio")
MOST_PLANS: Final = 4
LONGEST_LIFE: Final = 15
LAST_OPERATIONS: Final = ("", "", *["CreateCompilationJob"] * 3, *sorted(CHANGING), "PutObject")


def declare(world: ApplyWorld) -> None:
    """Change what is declared; half the time a deployment writes it for the schedule, too."""
    chance = world.chance.random
    for name in NAMES:
        if world.declared and chance.random() < 0.25:
            world.declared.pop(name, None)
        elif name not in world.declared or chance.random() < 0.4:
            world.declared[name] = (chance.choice(MODELS), chance.choice(TEAMS))
    if chance.random() < 0.5:
        world.chance.visit("deployed")
        world.deploy()


def apply(world: ApplyWorld) -> None:
    """Let one to three processes act at the same time."""
    chance = world.chance.random
    actors = [_actor(world) for _ in range(chance.choice((1, 1, 1, 2, 2, 3)))]
    world.chance.visit("+".join(sorted({actor.kind for actor in actors})))
    world.chance.visit(f"{len(actors)} at once")
    if len(actors) > 1 and chance.random() < 0.5:
        world.chance.visit("one plan applied by several")
        shared = next((each.document for each in actors if each.document), None)
        for actor in actors:
            if actor.kind == "plan":
                actor.document = shared
    world.act(actors)


def _actor(world: ApplyWorld) -> ApplyActor:
    chance = world.chance.random
    kind = chance.choice(("apply", "apply", "plan", "plan", "edited plan", "schedule"))
    actor = ApplyActor(kind)
    if kind in ("plan", "edited plan"):
        actor.document = _document(world, edit=kind == "edited plan")
    if actor.document is None and kind != "schedule":
        actor.kind = "apply"
    if chance.random() < 0.4:
        actor.last_operation = chance.choice(LAST_OPERATIONS)
        longest = 3 if actor.last_operation else LONGEST_LIFE
        actor.last_call, actor.after_call = chance.randint(1, longest), chance.random() < 0.5
        actor.ending = chance.choice((Killed, KeyboardInterrupt))
    return actor


def _document(world: ApplyWorld, *, edit: bool) -> PlanDocument | None:
    """Read a plan that was written before; None if there is none, or it is refused."""
    if not world.plans:
        return None
    text, what = world.chance.random.choice(world.plans), "as written"
    if edit:
        text, what = edited(text, world.chance.random, world.sagemaker.jobs)
    try:
        document = verified(_read(text), world.account, "plan.json")
    except (PlanFileError, PlanError):
        world.chance.visit(f"refused: {what}")
        return None
    world.chance.visit(f"taken: {what}")
    return document


def _read(text: str) -> PlanDocument:
    """Read a plan file as neoctl apply does."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(text)
        file.flush()
        return read(file.name)


def write_plan(world: ApplyWorld) -> None:
    """Write a plan to a file; it is applied later, or never."""
    with contextlib.suppress(PortError):
        prune, shared = world.chance.random.random() < 0.5, world.chance.random.random() < 0.5
        world.plans.append(text_of(world.plan(prune=prune, shared=shared)))
        del world.plans[:-MOST_PLANS]


def wait(world: ApplyWorld) -> None:
    """Let time pass."""
    world.clock.advance(world.chance.random.choice((5, 60, 600, 5000)))


def stop_a_job(world: ApplyWorld) -> None:
    """Let somebody stop a job."""
    for job in _one(world, lambda job: job in world.sagemaker.live()):
        job.stop(world.clock.time)


def delete_a_record(world: ApplyWorld) -> None:
    """Let somebody delete a job's record."""
    now = world.clock.time
    for job in _one(world, lambda job: job.deleted is None and job.status(now) not in LIVE):
        job.deleted = now
        world.tampered[identity(job.name)] += 1


def lose_an_artifact(world: ApplyWorld) -> None:
    """Let somebody delete an artifact."""
    for job in _one(world, lambda job: job.status(world.clock.time) == "COMPLETED"):
        job.artifact_removed = True
        world.tampered[identity(job.name)] += 1


def disown_a_job(world: ApplyWorld) -> None:
    """Let somebody remove the tags that make a job ours."""
    for job in _one(world, lambda job: job.deleted is None):
        job.tags.clear()
        world.disowned.add(job.name)


def add_a_look_alike(world: ApplyWorld) -> None:
    """Let somebody else start a job whose name looks like one of ours."""
    declarations = world.declarations()
    if not declarations:
        return
    declared = world.chance.random.choice(declarations)
    name = world.chance.random.choice(
        [OTHERS_JOB, f"{declared.identity}-r7", f"{declared.identity.family_prefix}{'z' * 12}"]
    )
    if world.sagemaker.job(name) is None:
        request = declared.create_request(name, ())
        world.sagemaker.add_job(dict(request), foreign=True)
        world.disowned.add(name)


def _one(world: ApplyWorld, wanted: Callable[[Job], bool]) -> list[Job]:
    found = [job for job in world.ours() if wanted(job)]
    return [world.chance.random.choice(found)] if found else []


STEPS: Final[dict[Callable[[ApplyWorld], None], int]] = {
    apply: 10,
    write_plan: 4,
    wait: 4,
    declare: 4,
    stop_a_job: 2,
    delete_a_record: 2,
    lose_an_artifact: 1,
    disown_a_job: 1,
    add_a_look_alike: 1,
}


def play(world: ApplyWorld, numbers: Iterable[int]) -> None:
    """Play a step for each number, after a plan was made of an empty account."""
    declare(world)
    write_plan(world)
    for _ in numbers:
        step = world.chance.random.choices([*STEPS], [*STEPS.values()])[0]
        world.done.append(f"{world.clock.time:.0f} {step.__name__}")
        world.chance.visit(step.__name__)
        step(world)
