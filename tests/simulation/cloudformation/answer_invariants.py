"""What must be true of every answer to CloudFormation: small, valid, in time, and true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.core.contract import ARTIFACT_FINDINGS, JOB_ATTRIBUTES, JOB_NAME
from reconciler.core.identity import Identity, JobName, Owner
from reconciler.handler.job.properties import decode
from tests.fakes.object_reader import passed_through
from tests.simulation.cloudformation.custom_resource import MAX_ID, MAX_RESPONSE
from tests.simulation.cloudformation.stack import Request
from tests.simulation.cloudformation.world import World

Json = dict[str, Any]
SLACK: Final = 420.0
"""Seconds from our own deadline to the answer: stopping the job, a poll, retried PUTs, delivery."""
FRAMEWORK_MARK: Final = "AWSCDK::CustomResourceProviderFramework::"


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant of the design that did not hold, and how."""

    invariant: str
    text: str


def identity(name: str) -> str:
    """Return a job's name without its attempt; other names as they are."""
    parsed = JobName.parse(name)
    return str(parsed.identity) if parsed is not None else name


def declared(request: Request) -> Identity:
    """Return the identity that a request's properties declare."""
    owner = Owner.of_stack(request.stack.stack_id)
    return decode(request.properties, owner).declaration.identity


def bad_answers(world: World) -> Iterator[Violation]:
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
    attributes = {*JOB_ATTRIBUTES}
    if "Verify" in request.properties:
        attributes.add(ARTIFACT_FINDINGS)
    if request.type != "Delete" and set(body.get("Data") or ()) != attributes:
        yield f"attributes {sorted(body.get('Data') or ())}"


def _faults_of_failure(request: Request, body: Json) -> Iterator[str]:
    if request.type != "Create" and body["PhysicalResourceId"] != request.physical_id:
        yield f"failed with the id {body['PhysicalResourceId']}, not {request.physical_id}"
    if not body.get("Reason"):
        yield "failed without a reason"


def false_successes(world: World) -> Iterator[Violation]:
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


def unverified_successes(world: World) -> Iterator[Violation]:
    """Under verify="fail" no model that was passed through is a success; a rollback has to end."""
    for request in world.custom.requests.values():
        waits = request.type != "Delete" and request.properties.get("Wait") != "false"
        asked = waits and request.properties.get("Verify") == "fail"
        for answer in request.answers if asked and "ROLLBACK" not in request.sent_in else ():
            body: Json = json.loads(answer.body)
            if body["Status"] != "SUCCESS":
                continue
            name = body["Data"][JOB_NAME]
            made = [job for job in world.sagemaker.jobs if job.name == name]
            if any(job.script.content == passed_through() for job in made):
                yield Violation("verified", f"{name} holds a model, and was a success")


def unanswered(world: World) -> Iterator[Violation]:
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
