"""Every call that the project's functions make in the tests: who asked for what, of whose.

The in-memory services of the tests say what arrives at them; whoever runs a function says which
one acts. What a test itself asks of a service is nobody's call, and is not recorded. Resources are
recorded by their part in the design ("own job", "state"), so that calls of any world can be
compared with the policies of one template.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

ON_EVENT: Final = "jobs on_event"
IS_COMPLETE: Final = "jobs is_complete"
FLEET_ON_EVENT: Final = "fleet on_event"
FLEET_IS_COMPLETE: Final = "fleet is_complete"
SCHEDULE: Final = "schedule"
FRAMEWORK_ON_EVENT: Final = "framework on_event"
FRAMEWORK_IS_COMPLETE: Final = "framework is_complete"


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One kind of call: a function, an IAM action, and what it is done to."""

    function: str
    action: str
    target: str

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.target}"


@dataclass(frozen=True, slots=True)
class Actor:
    """A function at work, for the owner of some jobs in some stack."""

    function: str
    owner: str
    stack: str


CALLS: set[Call] = set()
"""What was recorded in this process."""

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@contextmanager
def acting(function: str, owner: str, stack: str) -> Iterator[None]:
    """What is called within is called by this function."""
    token = _actor.set(Actor(function, owner, stack))
    # Lambda itself writes the log, with the function's role.
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        record(action, "own log")
    try:
        yield
    finally:
        _actor.reset(token)


def owner_of(stack: str, suffix: str | None = None) -> str:
    """Return the owner of a stack's jobs, or of those of its fleet with this suffix."""
    guid = stack.rpartition("/")[2][:8]
    return f"s{guid}" if suffix is None else f"f{guid}{suffix}"


def record(action: str, target: str) -> None:
    """A call that arrived, if a function made it."""
    actor = _actor.get()
    if actor is not None:
        CALLS.add(Call(actor.function, action, target))


def record_job(operation: str, name: str) -> None:
    """A call to SageMaker about one job."""
    actor = _actor.get()
    if actor is not None:
        own = name.startswith(f"{actor.owner}-")
        record(f"sagemaker:{operation}", "own job" if own else "another's job")


def record_create(name: str, *, tagged: bool) -> None:
    """CreateCompilationJob, and what SageMaker asks IAM for besides (its service reference)."""
    record_job("CreateCompilationJob", name)
    record("iam:PassRole", "job role")
    if tagged:
        record_job("AddTags", name)


def record_stack(operation: str, stack: str) -> None:
    """A call to CloudFormation about a stack."""
    actor = _actor.get()
    if actor is not None:
        own = stack == actor.stack
        record(f"cloudformation:{operation}", "own stack" if own else "another stack")


def record_head(uri: str, *, missing: bool, checksum: bool) -> None:
    """HeadObject: of an object that is not there, S3 says so only to those who may list; the
    checksum of an encrypted one is decrypted.
    """
    actor = _actor.get()
    if actor is None:
        return
    target = "artifact" if f"/{actor.owner}-" in uri else "model"
    record("s3:GetObject", target)
    if missing:
        record("s3:ListBucket", f"bucket of {target}")
    if checksum:
        record("kms:Decrypt", f"key of {target}")


def record_object(action: str, bucket: str, key: str, *, missing: bool = False) -> None:
    """A call about a small object of a fleet: its state, its document, an upload."""
    actor = _actor.get()
    if actor is None:
        return
    target = _small(bucket, key, actor)
    record(f"s3:{action}", target)
    if missing:
        record("s3:ListBucket", f"bucket of {target}")
    if action == "GetObject" and target != "document" and not missing:
        record("kms:Decrypt", f"key of {target}")
    if action == "PutObject":
        record("kms:GenerateDataKey", f"key of {target}")


def _small(bucket: str, key: str, actor: Actor) -> str:
    if bucket == "state":
        return "state" if f"/{actor.owner}/" in f"/{key}" else "another's state"
    return "upload" if key == "specs.json" else "document"
