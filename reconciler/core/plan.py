"""A plan: what should be done, as frozen data, each action with its reason.

A renderer shows a plan, an executor carries it out. Actions form a closed union, so mypy proves
that both know every kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.core.canonical import Json, digest
from reconciler.core.declaration import Declaration
from reconciler.core.identity import JobName
from reconciler.core.observed import ObservedJob

DIGEST_LENGTH: Final = 26


@dataclass(frozen=True, slots=True)
class Create:
    """Start the first attempt of a declared job."""

    declaration: Declaration
    name: JobName
    reason: str


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """Start a further attempt, since ``previous`` ended without an artifact."""

    declaration: Declaration
    name: JobName
    previous: ObservedJob
    reason: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Take over a live job that another operation started for the same declaration."""

    declaration: Declaration
    job: ObservedJob
    reason: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave a finished job alone: COMPLETED, or FAILED or STOPPED with no attempt left.

    Attributes:
        notes: Declared settings that only the next compile will use.
    """

    declaration: Declaration
    job: ObservedJob
    reason: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Await:
    """Wait: ``job`` is still under way."""

    declaration: Declaration
    job: ObservedJob
    reason: str


@dataclass(frozen=True, slots=True)
class Retag:
    """Bring a job's declared tags up to date, in place."""

    job: ObservedJob
    to_set: tuple[tuple[str, str], ...]
    to_remove: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop a live job of ours that no declaration names."""

    job: ObservedJob
    reason: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the record of a finished job of ours; its artifact stays."""

    job: ObservedJob
    reason: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A job that is not ours holds the name. It is never touched."""

    declaration: Declaration
    job: ObservedJob
    reason: str


@dataclass(frozen=True, slots=True)
class Defer:
    """Leave a job to the next pass: something could not be read, or its name is still taken."""

    declaration: Declaration
    name: JobName
    reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not repeat the request: it was refused in this operation, for ``reason``."""

    declaration: Declaration
    name: JobName
    reason: str


Decision: TypeAlias = Create | NextAttempt | Adopt | Await | Keep | Conflict | Defer | Reject
"""What is to be done about one declaration; a plan has exactly one for each."""

Action: TypeAlias = Decision | Stop | Delete | Retag
Mutation: TypeAlias = Stop | Delete | Retag | Create | NextAttempt | Adopt
Creation: TypeAlias = Create | NextAttempt

_CLEANUP: Final = (Stop, Delete, Retag)
_ORDER: Final = (
    Stop, Delete, Retag, NextAttempt, Create, Adopt, Await, Defer, Keep, Reject, Conflict,
)  # fmt: skip


def job_name(action: Action) -> str:
    """Return the name of the job that an action is about."""
    match action:
        case Create() | NextAttempt() | Defer() | Reject():
            return str(action.name)
        case _:
            return action.job.name


def kind(action: Action) -> str:
    """Return an action's kind in the words of a plan: ``create``, ``next attempt``, ``keep``…"""
    return "next attempt" if isinstance(action, NextAttempt) else type(action).__name__.lower()


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in their one order: by kind, then by job name."""

    actions: tuple[Action, ...]

    @staticmethod
    def of(actions: Iterable[Action]) -> Plan:
        """Return a plan of these actions, whatever their order."""
        return Plan(
            tuple(sorted(actions, key=lambda each: (_ORDER.index(type(each)), job_name(each))))
        )

    @property
    def mutations(self) -> tuple[Mutation, ...]:
        """The actions that change the account; empty when it agrees with the declarations."""
        return tuple(action for action in self.actions if isinstance(action, Mutation))

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What is to be done about each declaration."""
        return tuple(action for action in self.actions if not isinstance(action, _CLEANUP))

    def data(self) -> list[dict[str, Json]]:
        """Return the plan as JSON, for people's tools: kind, job, logical name, reason."""
        return [_data(action) for action in self.actions]

    @property
    def digest(self) -> str:
        """What a review approves: the same plan has the same digest, on any machine."""
        return digest(self.data(), DIGEST_LENGTH)


def _data(action: Action) -> dict[str, Json]:
    entry: dict[str, Json] = {"action": kind(action), "job": job_name(action)}
    match action:
        case Retag():
            entry["set"] = dict(action.to_set)
            entry["remove"] = list(action.to_remove)
        case Stop() | Delete():
            pass
        case _:
            entry["logicalName"] = action.declaration.logical_name
    if isinstance(action, Keep):
        entry["notes"] = list(action.notes)
    return {**entry, "reason": action.reason}
