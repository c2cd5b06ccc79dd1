"""What must be true of a world that has come to rest, whatever happened before.

Every function looks at the truth (the services' own records, CloudFormation's requests and
answers), never at what the handler believes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from reconciler.core.completion import ATTRIBUTES
from reconciler.core.identity import Identity, JobName, Owner
from reconciler.handler.properties import decode
from tests.cloudformation_model.custom_resource import MAX_ID, MAX_RESPONSE
from tests.cloudformation_model.stack import Request
from tests.cloudformation_model.world import World
from tests.fakes.sagemaker import Job

Json = dict[str, Any]
SLACK: Final = 420.0
"""Seconds from our own deadline to the answer: stopping the job, a poll, retried PUTs, delivery."""
FRAMEWORK_MARK: Final = "AWSCDK::CustomResourceProviderFramework::"


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant of the design that did not hold, and how."""

    invariant: str
    text: str


def violations(world: World) -> list[Violation]:
    """All that is wrong with a world at rest."""
    checks = (
        _orphans,
        _twins,
        _foreign_jobs_touched,
        _needless_compilations,
        _bad_answers,
        _false_successes,
        _too_many_attempts,
        _unanswered,
    )
    return [violation for check in checks for violation in check(world)]


def identity(name: str) -> str:
    """A job's name without its attempt; other names as they are."""
    parsed = JobName.parse(name)
    return str(parsed.identity) if parsed is not None else name


def ours(world: World) -> list[Job]:
    """All jobs that the handler made."""
    return [job for job in world.sagemaker.jobs if not job.foreign]


def declared(request: Request) -> Identity:
    """The identity that a request's properties declare."""
    owner = Owner.of_stack(request.stack.stack_id)
    return decode(request.properties, owner).declaration.identity


def _orphans(world: World) -> Iterator[Violation]:
    """I2: no live job that no declaration names, or beside one that is done."""
    wanted: dict[str, bool] = {}
    excused: set[str] = set()
    for stack in world.cloudformation.stacks.values():
        for record in stack.records.values():
            waits = bool(record.resource.properties.get("Wait", True))
            wanted[record.physical_id] = waits and record.status.endswith("COMPLETE")
        excused |= {leftover.physical_id for leftover in stack.abandoned}
    for job in world.sagemaker.live():
        if job.foreign or identity(job.name) in excused:
            continue
        if identity(job.name) not in wanted:
            yield Violation("I2", f"{job.name} is live, and nothing declares it")
        elif wanted[identity(job.name)]:
            yield Violation("I2", f"{job.name} is live, though its resource is complete")


def _twins(world: World) -> Iterator[Violation]:
    """I1: never two live jobs of one identity."""
    spans: dict[str, list[tuple[float, float, str]]] = {}
    for job in ours(world):
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


def _needless_compilations(world: World) -> Iterator[Violation]:
    """I4: no attempt where a COMPLETED one with its artifact was there."""
    for job in ours(world):
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


def _bad_answers(world: World) -> Iterator[Violation]:
    """I5: every answer is valid, small, has an id; failed updates keep the old one."""
    for request in world.custom.requests.values():
        ids = set()
        for answer in request.answers:
            body: Json = json.loads(answer.body)
            ids.add(body["PhysicalResourceId"])
            where = f"answer to {request.type} {request.request_id[:8]}"
            for text in _faults_of(request, body, len(answer.body.encode())):
                yield Violation("I5", f"{where}: {text}")
        if len(ids) > 1 and not any(name.startswith(FRAMEWORK_MARK) for name in ids):
            outcomes = {json.loads(answer.body)["Status"] for answer in request.answers}
            if request.type != "Update" or len(outcomes) == 1:
                yield Violation("I5", f"{request.type} was answered with the ids {sorted(ids)}")


def _faults_of(request: Request, body: Json, size: int) -> Iterator[str]:
    if size > MAX_RESPONSE:
        yield f"{size} bytes"
    if not 0 < len(body["PhysicalResourceId"]) <= MAX_ID:
        yield f"id {body['PhysicalResourceId']!r}"
    if body["StackId"] != request.stack.stack_id or body["RequestId"] != request.request_id:
        yield "of another request"
    if body["Status"] == "FAILED":
        yield from _faults_of_failure(request, body)
    else:
        yield from _faults_of_success(request, body)


def _faults_of_success(request: Request, body: Json) -> Iterator[str]:
    right = request.physical_id if request.type == "Delete" else str(declared(request))
    if body["PhysicalResourceId"] != right:
        yield f"done with the id {body['PhysicalResourceId']}, not {right}"
    if request.type != "Delete" and set(body.get("Data") or ()) != set(ATTRIBUTES):
        yield f"attributes {sorted(body.get('Data') or ())}"


def _faults_of_failure(request: Request, body: Json) -> Iterator[str]:
    if request.type != "Create" and body["PhysicalResourceId"] != request.physical_id:
        yield f"failed with the id {body['PhysicalResourceId']}, not {request.physical_id}"
    if not body.get("Reason"):
        yield "failed without a reason"


def _false_successes(world: World) -> Iterator[Violation]:
    """I8: success only with a COMPLETED job of this id and its artifact (or an accepted one)."""
    for request in world.custom.requests.values():
        for answer in request.answers:
            body: Json = json.loads(answer.body)
            if body["Status"] != "SUCCESS" or request.type == "Delete":
                continue
            waits = request.properties.get("Wait") != "false"
            jobs = [
                job
                for job in world.sagemaker.jobs
                if identity(job.name) == body["PhysicalResourceId"] and job.created <= answer.time
            ]
            if waits:
                jobs = [
                    job
                    for job in jobs
                    if job.status(answer.time) == "COMPLETED" and not job.script.artifact_missing
                ]
            if not jobs:
                yield Violation("I8", f"{body['PhysicalResourceId']} was no success")


def _too_many_attempts(world: World) -> Iterator[Violation]:
    """I8: one operation makes at most 1 + retries attempts, counted across crashes."""
    made: Counter[tuple[str, str]] = Counter()
    for job in ours(world):
        tags = {tag["Key"]: tag["Value"] for tag in job.request.get("Tags", [])}
        made[identity(job.name), tags.get("neo:operation", job.name)] += 1
    for (name, operation), count in made.items():
        if count > 2 and name not in world.tampered:  # 1 + the retries that `neo` declares
            yield Violation("I8", f"{count} attempts of {name} by {operation[:8]}")


def _unanswered(world: World) -> Iterator[Violation]:
    """I5: CloudFormation gets an answer soon after our own deadline, never waits for its own."""
    for request in world.custom.requests.values():
        if request.outcome in ("cancelled", "refused"):
            if request.outcome == "refused":
                yield Violation("I5", f"the answer to {request.type} was refused")
            continue
        if world.chance.visited["framework_killed"] and request.outcome == "timed out":
            continue  # its last try was killed: nothing of ours runs after that
        limit = float(request.properties.get("DeadlineSeconds", 3300)) + SLACK
        if not request.answers or request.answers[0].time - request.sent > limit:
            yield Violation("I5", f"{request.type} {request.request_id[:8]} had no answer in time")
