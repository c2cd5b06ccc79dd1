"""A plan: what should be done, as frozen data, each action with its reason.

Two things read a plan: a renderer tells it, an executor does it. Actions form a closed union, so
mypy proves that both know every kind.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    """Nothing to do yet: ``job`` is still under way."""

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


Action: TypeAlias = Stop | Delete | Retag | Create | NextAttempt | Adopt | Await | Keep | Conflict
Mutation: TypeAlias = Stop | Delete | Retag | Create | NextAttempt | Adopt

_ORDER: Final = (Stop, Delete, Retag, NextAttempt, Create, Adopt, Await, Keep, Conflict)


def job_name(action: Action) -> str:
    """The name of the job that an action is about."""
    match action:
        case Create() | NextAttempt():
            return str(action.name)
        case _:
            return action.job.name


def kind(action: Action) -> str:
    """An action's kind in the words of a plan: ``create``, ``next attempt``, ``keep``…"""
    return "next attempt" if isinstance(action, NextAttempt) else type(action).__name__.lower()


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in their one order: by kind, then by job name."""

    actions: tuple[Action, ...]

    @staticmethod
    def of(actions: Iterator[Action]) -> Plan:
        """A plan of these actions, whatever their order."""
        return Plan(
            tuple(sorted(actions, key=lambda each: (_ORDER.index(type(each)), job_name(each))))
        )

    @property
    def mutations(self) -> tuple[Mutation, ...]:
        """The actions that change the account; empty when it agrees with the declarations."""
        return tuple(
            action for action in self.actions if not isinstance(action, Keep | Await | Conflict)
        )

    def data(self) -> list[dict[str, Json]]:
        """The plan as JSON, for people's tools: kind, job, logical name, reason."""
        return [_data(action) for action in self.actions]

    @property
    def digest(self) -> str:
        """What a review pins: the same plan has the same digest, on any machine."""
        return digest(self.data(), DIGEST_LENGTH)


def _data(action: Action) -> dict[str, Json]:
    entry: dict[str, Json] = {"action": kind(action), "job": job_name(action)}
    match action:
        case Create() | NextAttempt() | Adopt() | Await() | Conflict():
            entry["logicalName"] = action.declaration.logical_name
        case Keep():
            entry["logicalName"] = action.declaration.logical_name
            entry["notes"] = list(action.notes)
        case Retag():
            entry["set"] = dict(action.to_set)
            entry["remove"] = list(action.to_remove)
        case Stop() | Delete():
            pass
    return {**entry, "reason": action.reason}
