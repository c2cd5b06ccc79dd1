"""What a plan is made for: an operation, what it asks for, and what is known besides jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from reconciler.core.contract import DEFAULT_RETRIES
from reconciler.core.failure import FailureKind
from reconciler.core.identity import Identity

ALL_FAILURES: Final = frozenset(FailureKind)


@dataclass(frozen=True, slots=True)
class Operation:
    """One run that brings declarations about.

    Attributes:
        id: What its jobs are tagged with: a CloudFormation RequestId, an apply's id.
        began: When it began.
        may_retry: Whether there is time left for a further attempt.
    """

    id: str
    began: datetime
    may_retry: bool = True


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What an operation asks of the planner beyond the declarations.

    Attributes:
        retries: How many further attempts are made of a job that fails because of a service error.
        prune: Whether finished records of ours that no declaration names are deleted. Their
            artifacts stay. Live jobs that no declaration names are stopped in any case.
        adopt: Whether a live job of another operation is tagged as this one's; else it is awaited.
        protected: Identities that no declaration names and that another actor ends (the
            old job of a CloudFormation update, until the cleanup).
        dropped_tags: Keys of tags that were declared before and are no longer.
        retry_ended: Classes of failures for which a job that ended in an earlier operation is
            tried again; by default all of them.
        replaced: Identities to compile again in this operation, even if COMPLETED.
    """

    retries: int = DEFAULT_RETRIES
    prune: bool = False
    adopt: bool = True
    protected: frozenset[Identity] = frozenset()
    dropped_tags: frozenset[str] = frozenset()
    retry_ended: frozenset[FailureKind] = ALL_FAILURES
    replaced: frozenset[Identity] = frozenset()


DEFAULT_OPTIONS: Final = PlanOptions()

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A request that was refused before, by whom it was sent and with which settings."""

    operation: str
    settings: str
    reason: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier passes learnt of names, and what this one could not read.

    Attributes:
        taken: Names that the service says are in use by a job that was not visible, and since when.
        rejected: Names whose requests were refused.
        unread: Why the jobs of an identity could not be read in this pass.
        now: The current time.
    """

    taken: Mapping[str, datetime] = field(default_factory=dict)
    rejected: Mapping[str, Rejection] = field(default_factory=dict)
    unread: Mapping[Identity, str] = field(default_factory=dict)
    now: datetime = _LONG_AGO


NO_MEMORY: Final = Memory()
