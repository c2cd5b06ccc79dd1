"""What a stack is to the model: templates, records of resources, phases, requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]
CUSTOM: Final = "Custom::NeoCompilationJob"
SIBLING: Final = "AWS::Test::Sibling"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a template; a sibling takes `seconds` and then succeeds or fails."""

    logical_id: str
    properties: Mapping[str, Any]
    type: str = CUSTOM
    depends_on: tuple[str, ...] = ()


def sibling(
    logical_id: str, seconds: float, *, fails: bool = False, depends_on: tuple[str, ...] = ()
) -> Resource:
    """Return a resource of another kind, which takes its time and may fail (at any instant)."""
    return Resource(logical_id, {"seconds": seconds, "fails": fails}, SIBLING, depends_on)


Template = tuple[Resource, ...]


@dataclass(slots=True)
class Record:
    """What CloudFormation knows of one resource of a stack."""

    resource: Resource
    physical_id: str = ""
    status: str = ""
    touched: bool = False
    """Its create or update was begun in the current operation."""
    created_now: bool = False
    before: Resource | None = None
    id_before: str = ""


@dataclass(slots=True)
class Leftover:
    """A physical id (with its properties) that the cleanup phase is to delete."""

    resource: Resource
    physical_id: str
    abandoned: float = 0.0
    """When CloudFormation gave it up, since its Delete had failed."""


@dataclass(slots=True)
class Stack:
    """One stack; `answers` and `requests` keep everything that was said, for the invariants."""

    name: str
    stack_id: str
    created: float
    phase: str = ""
    updates: list[float] = field(default_factory=list)
    """When LastUpdatedTime was set."""
    records: dict[str, Record] = field(default_factory=dict)
    leftovers: list[Leftover] = field(default_factory=list)
    abandoned: list[Leftover] = field(default_factory=list)
    skipped: list[tuple[float, str]] = field(default_factory=list)
    """Resources whose rollback a user skipped, and when."""
    history: list[tuple[float, str]] = field(default_factory=list)
    rows: dict[str, list[tuple[float, str, str]]] = field(default_factory=dict)
    """What each logical id showed, from when on: physical id and status; of removed ones too."""
    reasons: list[str] = field(default_factory=list)

    def show(self, record: Record, now: float) -> None:
        """Note what the stack's list of resources says of one from now on."""
        row = self.rows.setdefault(record.resource.logical_id, [])
        row.append((now, record.physical_id, record.status))

    @property
    def busy(self) -> bool:
        return self.phase.endswith("_IN_PROGRESS")


@dataclass(slots=True)
class Request:
    """One request to the custom resource's provider, and what came of it."""

    request_id: str
    stack: Stack
    logical_id: str
    type: str
    physical_id: str
    properties: Json
    invented: bool
    sent: float
    outcome: str = "pending"
    """pending, SUCCESS, FAILED, cancelled or timed out."""
    answers: list[Answer] = field(default_factory=list)
    settled: float | None = None
    sent_in: str = ""
    """The stack's status when it was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One PUT to a request's response URL; late ones are kept too."""

    time: float
    body: str
    late: bool


def stringified(value: object) -> Any:
    """A property value as CloudFormation sends it: numbers and booleans have become strings."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Mapping():
            return {key: stringified(item) for key, item in value.items()}
        case list() | tuple():
            return [stringified(item) for item in value]
        case _:
            return value


def in_dependency_order(template: Template) -> Template:
    """Return the resources, each after those that it depends on."""
    done: dict[str, Resource] = {}
    left = list(template)
    while left:
        ready = [item for item in left if all(name in done for name in item.depends_on)]
        if not ready:
            raise ValueError("circular dependency")
        done.update((item.logical_id, item) for item in ready)
        left = [item for item in left if item.logical_id not in done]
    return tuple(done.values())
