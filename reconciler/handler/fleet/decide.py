"""Decide: the planner's plan for a fleet, less what must wait or would be asked in vain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.core.attempts import Operation
from reconciler.core.contract import NAME_TAKEN
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.job_record import JobRecord, RecordState
from reconciler.core.identity import MAX_ATTEMPT, JobName
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import LOGICAL_NAME, Ownership, logical_name_tag, ownership
from reconciler.core.plan import Action, Adopt, Create, Delete, NextAttempt, Plan, Stop
from reconciler.core.planner import plan
from reconciler.core.policy import Policy
from reconciler.engine.snapshot import FleetSnapshot


@dataclass(frozen=True, slots=True)
class Decider:
    """Plans one pass.

    Attributes:
        operation: What the generation's jobs are tagged with, and when it began.
        again: Whether requests that were refused before are tried again.
        dropped: Keys of tags that were declared before and are no longer.
    """

    operation: Operation
    retries: int
    again: bool
    dropped: frozenset[str]
    now: datetime

    def decide(self, seen: FleetSnapshot) -> Plan:
        """What to do. Declarations of which too little was read, or that wait, are left out.

        Raises PlanError if the declarations contradict each other.
        """
        older = _names_under_way(seen.under_way)
        ready = [
            declaration
            for identity, declaration in seen.wanted.items()
            if identity not in seen.unread
            and (seen.chains[identity] or logical_name_tag(declaration.logical_name) not in older)
        ]
        jobs = [job for each in ready for job in seen.chains[each.identity]]
        chosen = plan(
            ready, jobs, self.operation, Policy(retries=self.retries), dropped_tags=self.dropped
        )
        actions = [*chosen.actions, *stops(seen.under_way).actions]
        return Plan.of(each for action in actions for each in self._sensible(action, seen.records))

    def _sensible(self, action: Action, records: dict[str, JobRecord]) -> Iterator[Action]:
        if isinstance(action, Adopt):  # it is ours whichever operation began it
            return
        if not isinstance(action, Create | NextAttempt):
            yield action
            return
        name = self._free_name(action.name, records)
        if name is not None and not self._was_refused(name, action.declaration, records):
            yield replace(action, name=name)

    def _free_name(self, name: JobName, records: dict[str, JobRecord]) -> JobName | None:
        """The first attempt's name that may be asked for now; None if one has to be waited for."""
        for number in range(name.attempt, MAX_ATTEMPT + 1):
            wanted = name.identity.attempt(number)
            record = records.get(str(wanted))
            if record is None or record.known is not RecordState.TAKEN:
                return wanted
            if self.now - record.since < NAME_TAKEN:
                return None
        return None

    def _was_refused(
        self, name: JobName, declaration: Declaration, records: dict[str, JobRecord]
    ) -> bool:
        record = records.get(str(name))
        if record is None or record.known is not RecordState.REFUSED or self.again:
            return False
        same_settings = record.settings == declaration.settings_digest
        return same_settings and record.operation == self.operation.id


def deletions(finished: list[ObservedJob]) -> Plan:
    """The deletion of finished records of ours; those whose tags were not read stay."""
    return Plan.of(
        Delete(job, "no declaration names it, and it has ended")
        for job in finished
        if ownership(job) is Ownership.OURS
    )


def stops(under_way: list[ObservedJob]) -> Plan:
    """The stopping of live jobs of ours."""
    return Plan.of(
        Stop(job, "no declaration names it")
        for job in under_way
        if job.phase is Phase.LIVE and ownership(job) is Ownership.OURS
    )


def _names_under_way(under_way: list[ObservedJob]) -> set[str]:
    """The logical names (as tags) of older generations that still run: newer ones wait."""
    return {
        job.tags[LOGICAL_NAME]
        for job in under_way
        if job.tags is not None and LOGICAL_NAME in job.tags and ownership(job) is Ownership.OURS
    }
