"""What must be true of a history of applies, while it goes on and when it has come to rest.

Every function looks at the truth: the service's own records of jobs and calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final

from reconciler.cli.plans.document import CREATIONS, ActionKind
from reconciler.cli.plans.owner_run import Until
from reconciler.core.fleet.generation import StateError
from reconciler.core.identity import Owner
from reconciler.core.ownership import LOGICAL_NAME, OPERATION, SETTINGS
from reconciler.engine.state import FleetState
from tests.fakes.gateway import at_once
from tests.fakes.objects import FakeObjects
from tests.fakes.sagemaker import Job, Script
from tests.simulation.applies.world import CHANGES, ApplyActor, ApplyWorld, identity
from tests.simulation.cloudformation.answer_invariants import Violation
from tests.simulation.cloudformation.faults import QUIET, Switches
from tests.simulation.fleet.world import OWNER

SETTLED: Final = 3_600
LONG: Final = 1_000_000


def violations(world: ApplyWorld) -> list[Violation]:
    """Return all that is wrong with a history, after it has come to rest."""
    during = [*_twins(world), *_foreign(world), *_others(world), *_needless(world),
              *_attempts(world), *_not_shown(world), *_stale(world), *_unreadable(world),
              *(Violation("I8", claim) for claim in world.claims)]  # fmt: skip
    return [*during, *_at_rest(world)]


def _twins(world: ApplyWorld) -> Iterator[Violation]:
    """I1: never two live jobs of one identity, and no name accepted twice."""
    spans: dict[str, list[tuple[float, float, str]]] = {}
    for job in world.ours():
        end = min(time for time, status in job.timeline if status not in ("STARTING", "INPROGRESS"))
        spans.setdefault(identity(job.name), []).append((job.created, end, job.name))
    for group in spans.values():
        for first, second in pairwise(sorted(group)):
            if second[0] < first[1]:
                yield Violation("I1", f"{first[2]} and {second[2]} were live at once")
    accepted = Counter(world.sagemaker.accepted())
    yield from (Violation("I1", f"{name} twice") for name, count in accepted.items() if count > 1)


def _foreign(world: ApplyWorld) -> Iterator[Violation]:
    """I3: what somebody else made is never stopped, deleted or retagged."""
    foreign = {job.name for job in world.sagemaker.jobs if job.foreign}
    for call in world.sagemaker.calls:
        if call.operation in CHANGES[1:] and call.name in foreign:
            yield Violation("I3", f"{call.operation} of the foreign job {call.name}")


def _others(world: ApplyWorld) -> Iterator[Violation]:
    """I10: every change is of a job below the owner's prefix."""
    for call in world.sagemaker.calls:
        if call.operation in CHANGES and not call.name.startswith(f"{OWNER}-"):
            yield Violation("I10", f"{call.operation} of {call.name}")


def _needless(world: ApplyWorld) -> Iterator[Violation]:
    """I4: no attempt where a COMPLETED one with its artifact was there."""
    untouched = [
        job
        for job in world.ours()
        if identity(job.name) not in world.tampered and job.name not in world.disowned
    ]
    for job in untouched:
        for other in untouched:
            earlier = identity(other.name) == identity(job.name) and other.created < job.created
            is_there = other.deleted is None or other.deleted > job.created
            if earlier and is_there and other.status(job.created) == "COMPLETED":
                yield Violation("I4", f"{job.name} was made though {other.name} was COMPLETED")


def _attempts(world: ApplyWorld) -> Iterator[Violation]:
    """I8: one operation makes at most one attempt and one retry of a job of the same settings."""
    made = Counter(
        (identity(job.name), job.tags.get(OPERATION, job.name), job.tags.get(SETTINGS))
        for job in world.ours()
        if identity(job.name) not in world.tampered
    )
    for (name, operation, _), count in made.items():
        if count > 2:
            yield Violation("I8", f"{count} attempts of {name} by {operation}")


def _not_shown(world: ApplyWorld) -> Iterator[Violation]:
    """F1: an apply makes no change that its plan does not show."""
    for actor in world.actors:
        if actor.document is not None:
            yield from _not_shown_by(actor)


def _not_shown_by(actor: ApplyActor) -> Iterator[Violation]:
    assert actor.document is not None
    shown: dict[str, set[str]] = {change: set() for change in CHANGES}
    for action in actor.document.changes:
        if action.kind in CREATIONS:
            shown["Create"].add(identity(action.job))
        elif action.kind is ActionKind.RETAG:
            shown["AddTags"].add(action.job)
            shown["DeleteTags"].add(action.job)
        elif action.kind is ActionKind.STOP:
            shown["Stop"].add(action.job)
            if actor.document.choices.prune:
                shown["Delete"].add(action.job)
        else:
            shown["Delete"].add(action.job)
    for operation, job in actor.changes:
        name = identity(job) if operation == "Create" else job
        if name not in shown[operation]:
            yield Violation("F1", f"{operation} of {job} was not planned by {actor.kind}")


def _stale(world: ApplyWorld) -> Iterator[Violation]:
    """F1: no plan creates what another declaration of that name has overtaken since."""
    for actor in world.actors:
        if actor.document is None:
            continue
        planned = datetime.fromisoformat(actor.document.made).timestamp()
        lag = max(world.switches.list_lag, world.switches.describe_lag)  # of names, and of tags
        since = (planned + 1, actor.began - lag)
        for name in (job for operation, job in actor.changes if operation == "Create"):
            for other in world.ours():
                if _overtakes(other, name, since, world) and other.name not in actor.answered:
                    yield Violation("F1", f"{name} was created though {other.name} had come")


def _overtakes(other: Job, name: str, since: tuple[float, float], world: ApplyWorld) -> bool:
    """Return whether it is a newer job of another declaration, and was there for all to see."""
    created = next(job for job in world.sagemaker.jobs if job.name == name)
    return (
        since[0] < other.created < since[1]
        and other.name not in world.disowned
        and (other.deleted is None or other.deleted > created.created)
        and identity(other.name) != identity(name)
        and other.tags.get(LOGICAL_NAME) == created.tags.get(LOGICAL_NAME)
    )


def _unreadable(world: ApplyWorld) -> Iterator[Violation]:
    """State: the document that the fleet's generation names is there."""
    objects = FakeObjects(at_once, world.fleet.state.objects)
    state = FleetState(objects, f"neo/{OWNER}/", Owner(OWNER))
    stored = state.generation()
    try:
        state.document("" if stored is None else stored.generation.document)
    except StateError as error:
        yield Violation("state", str(error))


def _at_rest(world: ApplyWorld) -> Iterator[Violation]:
    """I2, I6, I7: undisturbed applies bring the account to what is declared, for good."""
    world.chance.rates, world.switches = QUIET, Switches()
    world.sagemaker.list_lag = world.sagemaker.describe_lag = lambda: 0.0
    world.sagemaker.script_of = lambda request: Script()
    world.clock.advance(SETTLED)
    world.act([_last_apply(world, Until.ACCEPTED)])
    yield from (Violation("I2", f"{job.name} runs, undeclared") for job in _undeclared(world))
    world.clock.advance(LONG)
    world.act([_last_apply(world, Until.ENDED)])
    again = world.plan(prune=True)
    unfinished = [each for each in again.changes if not _is_disowned(world, each.logical_name)]
    yield from (Violation("I6", f"{each.kind} {each.job} after the last") for each in unfinished)
    before = len(world.sagemaker.calls)
    world.act([ApplyActor("apply again", document=again, until=Until.ENDED)])
    made = {call.operation for call in world.sagemaker.calls[before:]} - {"List"}
    if made and not again.changes:
        yield Violation("I7", f"nothing changed, and {sorted(made)} were called")


def _last_apply(world: ApplyWorld, until: Until) -> ApplyActor:
    document = world.plan(prune=True, retry=True, refresh=True)
    return ApplyActor("last apply", document=document, until=until, patience=LONG)


def _undeclared(world: ApplyWorld) -> Iterator[Job]:
    declared = {str(each.identity) for each in world.declarations()}
    for job in world.sagemaker.live():
        if job.name not in world.disowned and identity(job.name) not in declared:
            yield job


def _is_disowned(world: ApplyWorld, logical_name: str) -> bool:
    """Return whether a job of this declaration is somebody else's now: a conflict, reported."""
    declared = {each.logical_name: str(each.identity) for each in world.declarations()}
    return declared.get(logical_name) in {identity(name) for name in world.disowned}
