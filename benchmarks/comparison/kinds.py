"""What goes wrong, seen from outside: from the service's records and CloudFormation's answers.

Nothing here knows how a handler names or tags its jobs, but for telling which request made one.
No history is excused: what the everyday invariants pass over (a rollback that a user skipped, a
cleanup that CloudFormation gave up) counts here for all alike.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tests.fakes.sagemaker import Job
from tests.simulation.cloudformation.answer_invariants import identity
from tests.simulation.cloudformation.invariants import CHANGES, created_by, ours
from tests.simulation.cloudformation.random_worlds import SCRIPTS
from tests.simulation.cloudformation.stack import Request
from tests.simulation.cloudformation.world import World

LEAKED: Final = "leaked live jobs"
DOUBLE: Final = "double creates"
RECOMPILED: Final = "recompiles on rollback"
UNANSWERED: Final = "unanswered or over-long answers"
FOREIGN: Final = "foreign stops"
FALSE_SUCCESS: Final = "false successes"
NO_ARTIFACT: Final = "successes without an artifact"
STUCK: Final = "stacks that cannot be deleted"
FAILED_NEEDLESSLY: Final = "operations failed whose job would complete"
KINDS: Final = (
    LEAKED, DOUBLE, RECOMPILED, UNANSWERED, FOREIGN, FALSE_SUCCESS, NO_ARTIFACT, STUCK,
    FAILED_NEEDLESSLY,
)  # fmt: skip
GOOD_MODELS: Final = frozenset({"quick", "slow", "racing"})
"""The models whose jobs complete by themselves."""
assert set(SCRIPTS) >= GOOD_MODELS


@dataclass(frozen=True)
class Evidence:
    """A world at rest, and what was seen when it had converged."""

    world: World

    @cached_property
    def maker(self) -> dict[str, Request]:
        """The request that each job was made by, by the job's name."""
        by_id = {request.request_id: request for request in self.world.custom.requests.values()}
        by_start = {request_id[:8]: request for request_id, request in by_id.items()}
        found = {
            job.name: by_id.get(created_by(job)) or by_start.get(job.name.rpartition("-")[2])
            for job in ours(self.world)
        }
        return {name: request for name, request in found.items() if request is not None}

    def same(self) -> Iterator[tuple[Job, Job]]:
        """Return the pairs of jobs, older first, of one resource that compile the same."""
        made: dict[tuple[str, str, str], list[Job]] = {}
        for job in ours(self.world):
            request = self.maker.get(job.name)
            if request is not None and not self.world.tampered[identity(job.name)]:
                key = (request.stack.stack_id, request.logical_id, model_of(job.request))
                made.setdefault(key, []).append(job)
        for jobs in made.values():
            for number, job in enumerate(jobs):
                yield from ((older, job) for older in jobs[:number])


def model_of(request: dict[str, Any]) -> str:
    """Return the model of a CreateCompilationJob request."""
    uri: str = request["InputConfig"]["S3Uri"]
    return uri.rpartition("/")[2].removesuffix(".tar.gz")


def leaked(world: World) -> set[str]:
    """Return the jobs that are live at rest though no resource of a stack has their id."""
    held = {
        record.physical_id
        for stack in world.cloudformation.stacks.values()
        for record in stack.records.values()
    }
    live = (job for job in world.sagemaker.live() if not job.foreign)
    return {job.name for job in live if identity(job.name) not in held}


def double_creates(evidence: Evidence) -> int:
    """Count the jobs that were made while an equal one of the same resource was live."""
    return len({job.name for older, job in evidence.same() if job.created < _ended(older)})


def recompiles(evidence: Evidence) -> int:
    """Count the jobs that a rollback made though the old one was COMPLETED, its artifact there."""
    return len({job.name for older, job in evidence.same() if _is_recompile(evidence, older, job)})


def _is_recompile(evidence: Evidence, older: Job, job: Job) -> bool:
    request = evidence.maker[job.name]
    phases = [phase for time, phase in request.stack.history if time <= request.sent]
    is_there = older.deleted is None or older.deleted > job.created
    return (
        phases[-1] == "UPDATE_ROLLBACK_IN_PROGRESS"
        and is_there
        and older.status(job.created) == "COMPLETED"
        and not older.script.artifact_missing
        and not older.artifact_removed
    )


def _ended(job: Job) -> float:
    return min(time for time, status in job.timeline if status not in ("STARTING", "INPROGRESS"))


def unanswered(evidence: Evidence) -> int:
    """Count the requests that CloudFormation waited an hour for, or whose answer it refused."""
    requests = evidence.world.custom.requests.values()
    return sum(request.outcome in ("timed out", "refused") for request in requests)


def foreign_stops(evidence: Evidence) -> int:
    """Count the changes of jobs that somebody else made."""
    foreign = {job.name for job in evidence.world.sagemaker.jobs if job.foreign}
    calls = evidence.world.sagemaker.calls
    return sum(call.name in foreign and call.operation in CHANGES[1:] for call in calls)


def successes(evidence: Evidence) -> Iterator[list[Job]]:
    """Return, for each success that promises a compiled job, the jobs COMPLETED by then."""
    for request in evidence.world.custom.requests.values():
        if request.outcome != "SUCCESS" or request.type == "Delete":
            continue
        if request.properties.get("Wait") == "false":
            continue
        answer = request.answers[0]
        physical_id = json.loads(answer.body)["PhysicalResourceId"]
        yield [
            job
            for job in evidence.world.sagemaker.jobs
            if identity(job.name) == physical_id
            and job.created <= answer.time
            and job.status(answer.time) == "COMPLETED"
        ]


def false_successes(evidence: Evidence) -> int:
    """Count the successes without a job that was COMPLETED."""
    return sum(not jobs for jobs in successes(evidence))


def successes_without_artifact(evidence: Evidence) -> int:
    """Count the successes with a COMPLETED job whose artifact was never written."""
    return sum(
        bool(jobs) and all(job.script.artifact_missing for job in jobs)
        for jobs in successes(evidence)
    )


def failed_by_a_fault(evidence: Evidence) -> int:
    """Count the failed Creates and Updates of models whose jobs complete by themselves."""
    return sum(
        request.outcome in ("FAILED", "refused", "timed out")
        and request.type != "Delete"
        and model_of(json.loads(request.properties["Declaration"])["request"]) in GOOD_MODELS
        for request in evidence.world.custom.requests.values()
    )


COUNTS: Final[dict[str, Callable[[Evidence], int]]] = {
    DOUBLE: double_creates,
    RECOMPILED: recompiles,
    UNANSWERED: unanswered,
    FOREIGN: foreign_stops,
    FALSE_SUCCESS: false_successes,
    NO_ARTIFACT: successes_without_artifact,
    FAILED_NEEDLESSLY: failed_by_a_fault,
}


def counted(world: World) -> Counter[str]:
    """Return how often each kind happened in a world at rest, but for leaks and stuck stacks."""
    evidence = Evidence(world)
    return +Counter({kind: count(evidence) for kind, count in COUNTS.items()})
