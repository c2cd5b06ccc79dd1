"""Which jobs a status is of: those of specs, or those of a name pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Final, Protocol

from reconciler.cli.fleets.rows import label_of, label_of_job, row_of_decision, row_of_job
from reconciler.cli.fleets.status import JobRow
from reconciler.core.declaration import Declaration
from reconciler.core.fields import TAGS
from reconciler.core.identity import MAX_NAME, Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.operation import Operation
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag
from reconciler.core.plan import Decision, Keep
from reconciler.core.ports import Artifacts, Clock, Gateway
from reconciler.engine.lease import NoLease
from reconciler.engine.manifest_store import NoManifest
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, PassOptions, Reconciler

_READING: Final = timedelta(hours=1)
_LITERAL: Final = re.compile(r"[A-Za-z0-9-]+")


class Subject(Protocol):
    """Some jobs, whose rows are read anew each time."""

    def rows(self, gateway: Gateway, artifacts: Artifacts) -> Iterable[JobRow]:
        """Read the jobs by one List sweep an owner or pattern. Raises PortError, PlanError."""
        ...


@dataclass(frozen=True, slots=True)
class SpecSubject:
    """The jobs of declarations; the planner says which attempt of a job counts."""

    declarations: Sequence[Declaration]
    region: str
    clock: Clock
    pause: Callable[[float], None]

    def rows(self, gateway: Gateway, artifacts: Artifacts) -> Iterator[JobRow]:
        """Yield a row a declaration."""
        by_owner = sorted(self.declarations, key=lambda each: each.owner)
        for owner, declarations in groupby(by_owner, key=lambda each: each.owner):
            yield from self._of_owner(owner, tuple(declarations), gateway, artifacts)

    def _of_owner(
        self,
        owner: Owner,
        declarations: tuple[Declaration, ...],
        gateway: Gateway,
        artifacts: Artifacts,
    ) -> Iterator[JobRow]:
        ports = Ports(
            gateway=gateway, artifacts=artifacts, clock=self.clock, pause=self.pause,
            progress=_quiet,
        )  # fmt: skip
        now = self.clock.now()
        named = {logical_name_tag(each.logical_name) for each in declarations}
        untagged = tuple(map(_without_tags, declarations))
        options = PassOptions(
            until=now + _READING,
            trust_completed=True,
            in_scope=lambda job: (job.tags or {}).get(LOGICAL_NAME) in named,
        )
        planned = Reconciler(ports, NoLease(), NoManifest(owner)).plan(
            DesiredState(owner, untagged, Operation("status", now), self.region), options
        )
        for decision in planned.plan.decisions:
            yield _row(decision, planned.snapshot.attempts[decision.declaration.identity])


def _row(decision: Decision, attempts: Sequence[ObservedJob]) -> JobRow:
    """Return a job's row: of an attempt under way, though an earlier one may be compiled."""
    if isinstance(decision, Keep) and attempts and attempts[-1].is_under_way:
        return row_of_job(attempts[-1], label_of(decision.declaration))
    return row_of_decision(decision)


def _without_tags(declaration: Declaration) -> Declaration:
    """Return a declaration without tags of its own: whether they drifted is not asked here."""
    return replace(declaration, request=declaration.request.changed({TAGS: ()}))


def _quiet(event: str, **fields: str | int | float | bool | None) -> None:
    """Report nothing: nothing is changed."""


@dataclass(frozen=True, slots=True)
class NameSubject:
    """The jobs whose names match a pattern, whoever made them."""

    patterns: tuple[str, ...]

    def rows(self, gateway: Gateway, artifacts: Artifacts) -> Iterator[JobRow]:  # noqa: ARG002 - the port's
        """Yield a row a job."""
        seen: set[str] = set()
        for pattern in self.patterns:
            for job in gateway.list(longest_literal(pattern)):
                if job.name not in seen and fnmatchcase(job.name, pattern):
                    seen.add(job.name)
                    yield row_of_job(job, label_of_job(job))


def longest_literal(pattern: str) -> str:
    """Return the longest part of a pattern that every match contains, for NameContains."""
    outside_brackets = re.sub(r"\[[^]]*\]", "*", pattern)
    parts = _LITERAL.findall(outside_brackets)
    return str(max(parts, key=len, default=""))[:MAX_NAME]
