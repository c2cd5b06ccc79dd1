"""What must be true of a world that has come to rest, whatever happened before.

Every function looks at the truth (the services' own records, CloudFormation's requests and
answers), never at what the handler believes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from reconciler.core.identity import Owner
from tests.fakes.sagemaker import TERMINAL, Job
from tests.simulation.cloudformation.answer_invariants import (
    FRAMEWORK_MARK,
    Violation,
    bad_answers,
    false_successes,
    identity,
    unanswered,
    unverified_successes,
)
from tests.simulation.cloudformation.stack import Leftover, Stack
from tests.simulation.cloudformation.world import World

__all__ = ["Violation", "identity", "ours", "violations"]

CHANGES: Final = ("Create", "Stop", "Delete", "AddTags", "DeleteTags")


def violations(world: World) -> list[Violation]:
    """Return all that is wrong with a world at rest."""
    checks = (
        _orphans,
        _twins,
        _foreign_jobs_touched,
        _out_of_bounds,
        _stopped_the_ended,
        _needless_compilations,
        bad_answers,
        false_successes,
        unverified_successes,
        _too_many_attempts,
        unanswered,
    )
    return [violation for check in checks for violation in check(world)]


def ours(world: World) -> list[Job]:
    """Return all jobs that the handler made."""
    return [job for job in world.sagemaker.jobs if not job.foreign]


def _orphans(world: World) -> Iterator[Violation]:
    """I2: no live job that no declaration names, or beside one that is done."""
    wanted: dict[str, bool] = {}
    excused: set[str] = set()
    for stack in world.cloudformation.stacks.values():
        for record in stack.records.values():
            waits = bool(record.resource.properties.get("Wait", True))
            wanted[record.physical_id] = waits and record.status.endswith("COMPLETE")
        excused |= {
            leftover.physical_id
            for leftover in stack.abandoned
            if not _deleted_since(world, stack, leftover)
        }
    for job in world.sagemaker.live():
        if job.foreign or identity(job.name) in excused:
            continue
        if _beyond_reach(world, job) or _skipped(world, job):
            continue
        if identity(job.name) not in wanted:
            yield Violation("I2", f"{job.name} is live, and nothing declares it")
        elif wanted[identity(job.name)]:
            yield Violation("I2", f"{job.name} is live, though its resource is complete")


def _beyond_reach(world: World, job: Job) -> bool:
    """Whether two faults left nothing that runs: the framework swallowed the Delete (it had
    answered the Create with its marker, though a waiter was started), and that waiter died.
    """
    operation = created_by(job)
    swallowed = any(
        request.physical_id.startswith(FRAMEWORK_MARK) and request.outcome == "SUCCESS"
        for request in world.custom.requests.values()
    )
    died = any(
        request.endswith(operation[:8]) and answer.startswith(("HandlerCrash", "Killed"))
        for _, name, request, answer in world.log
        if name == "is_complete"
    )
    return bool(operation) and swallowed and died


def _skipped(world: World, job: Job) -> bool:
    """Whether a user skipped the rollback that would have ended it, and nothing came since."""
    made_by = [r for r in world.custom.requests.values() if r.request_id == created_by(job)]
    return any(
        made.logical_id == name
        and made.sent < when
        and not any(
            later.stack is made.stack
            and later.logical_id == name
            and later.sent > when
            and later.outcome == "SUCCESS"
            for later in world.custom.requests.values()
        )
        for made in made_by
        for when, name in made.stack.skipped
    )


def created_by(job: Job) -> str:
    """Return the operation that a job was created with."""
    tags = {tag["Key"]: tag["Value"] for tag in job.request.get("Tags", [])}
    return str(tags.get("neo:operation", ""))


def _deleted_since(world: World, stack: Stack, leftover: Leftover) -> bool:
    """Whether a later Delete of the same resource could have ended what an abandoned one left."""
    return any(
        request.stack is stack
        and request.logical_id == leftover.resource.logical_id
        and request.type == "Delete"
        and request.outcome == "SUCCESS"
        and request.sent > leftover.abandoned
        for request in world.custom.requests.values()
    )


def _twins(world: World) -> Iterator[Violation]:
    """I1: never two live jobs of one identity, but for gaps as below."""
    spans: dict[str, list[tuple[float, float, str]]] = {}
    for job in ours(world):
        if world.tampered[identity(job.name)] > 1:
            continue
        end = min(time for time, status in job.timeline if status not in ("STARTING", "INPROGRESS"))
        spans.setdefault(identity(job.name), []).append((job.created, end, job.name))
    for group in spans.values():
        for first, second in pairwise(sorted(group)):
            if second[0] < first[1]:
                yield Violation("I1", f"{first[2]} and {second[2]} were live at once")


def _foreign_jobs_touched(world: World) -> Iterator[Violation]:
    """I3: nobody stops, deletes or retags what is not ours."""
    foreign = {job.name for job in world.sagemaker.jobs if job.foreign}
    for call in world.sagemaker.calls:
        if call.name in foreign and call.operation not in (
            "Create",
            "Describe",
            "List",
            "ListTags",
        ):
            yield Violation("I3", f"{call.operation} of the foreign job {call.name}")


def _out_of_bounds(world: World) -> Iterator[Violation]:
    """I10: every change is of a job below the prefix of a stack, where the policies end."""
    prefixes = tuple(Owner.of_stack(stack_id).prefix for stack_id in world.cloudformation.stacks)
    for call in world.sagemaker.calls:
        if call.operation in CHANGES and not call.name.startswith(prefixes):
            yield Violation("I10", f"{call.operation} of {call.name}")


def _stopped_the_ended(world: World) -> Iterator[Violation]:
    """I8: where reads do not lag, nobody stops what ended more than a call's time ago."""
    if world.switches.describe_lag or world.switches.list_lag:
        return
    for call in world.sagemaker.calls:
        if call.operation == "Stop" and call.status in TERMINAL:
            ended = [
                job.since(call.time)
                for job in world.sagemaker.jobs
                if job.name == call.name and job.created <= call.time
            ]
            if call.time - max(ended) > 60:
                yield Violation("I8", f"Stop of {call.name}, long {call.status}")


def _needless_compilations(world: World) -> Iterator[Violation]:
    """I4: no attempt where a COMPLETED one with its artifact was there.

    Two records in a row that somebody deleted are a gap that nobody need look across.
    """
    for job in ours(world):
        if world.tampered[identity(job.name)] > 1:
            continue
        for other in ours(world):
            if (
                identity(other.name) == identity(job.name)
                and other.created < job.created
                and (other.deleted is None or other.deleted > job.created)
                and other.status(job.created) == "COMPLETED"
                and not other.script.artifact_missing
                and not other.artifact_removed
            ):
                yield Violation("I4", f"{job.name} was made though {other.name} was COMPLETED")


def _too_many_attempts(world: World) -> Iterator[Violation]:
    """I8: one operation makes at most 1 + retries attempts, counted across crashes."""
    made: Counter[tuple[str, str]] = Counter()
    for job in ours(world):
        if not job.artifact_removed:  # somebody else's doing
            made[identity(job.name), created_by(job) or job.name] += 1
    for (name, operation), count in made.items():
        if count > 2 and name not in world.tampered:  # 1 + the retries that `neo` declares
            yield Violation("I8", f"{count} attempts of {name} by {operation[:8]}")
