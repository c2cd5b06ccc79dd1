"""Decide: declarations and observed jobs in, a plan out. Pure, total, independent of order.

The rules, all of them about one identity at a time (docs/decisions/0004):

* COMPLETED with its artifact in S3 is the only success, and is kept.
* A live job is awaited, or adopted if another operation started it.
* A record that FAILED or STOPPED holds its name. If it is history (another operation made it
  before this one began, or with other settings) the next attempt is made. If it counts against
  this operation, it is tried again only as often as the options allow.
* A job that is not ours and has our name is a conflict.
* An existing job that a declaration names is read and never changed (``existing_job``).
* What could not be read, and a name that is taken by a job not visible yet, is deferred;
  a request that was refused in this operation is not repeated.

Live jobs of ours that no declaration names are stopped; a newer generation waits for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.core.attempts import after_attempts, attempt_number, next_attempt
from reconciler.core.contract import NAME_TAKEN, TAG_PREFIX
from reconciler.core.contradictions import refuse_contradictions
from reconciler.core.declaration import Declaration
from reconciler.core.diff import diff, tag_changes
from reconciler.core.existing_job import existing_job_decision
from reconciler.core.fields import Role
from reconciler.core.identity import MAX_ATTEMPT, Identity, JobName
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.operation import DEFAULT_OPTIONS, NO_MEMORY, Memory, Operation, PlanOptions
from reconciler.core.ownership import (
    LOGICAL_NAME,
    OPERATION,
    SETTINGS,
    Ownership,
    logical_name_tag,
    ownership,
)
from reconciler.core.plan import (
    Action,
    Adopt,
    Await,
    Conflict,
    Create,
    Creation,
    Decision,
    Defer,
    Delete,
    Keep,
    NextAttempt,
    Plan,
    Reject,
    Retag,
    Stop,
)


def plan(
    declarations: Sequence[Declaration],
    jobs: Iterable[ObservedJob],
    operation: Operation,
    options: PlanOptions = DEFAULT_OPTIONS,
    memory: Memory = NO_MEMORY,
) -> Plan:
    """Decide what to do so that the account agrees with the declarations.

    Args:
        declarations: All that should exist; their order means nothing.
        jobs: All that was observed; jobs whose tags were not read are taken as not ours where
            that matters, so whoever gathers reads the tags of every job that it may touch.
        operation: The run that the plan is made for.
        options: What it asks for beyond the declarations.
        memory: What earlier passes learnt.

    Raises PlanError if the declarations contradict each other.
    """
    refuse_contradictions(declarations)
    declared = {declaration.identity: declaration for declaration in declarations}
    attempts, undeclared = _grouped(jobs, declared, options.protected)
    planner = _Planner(operation, options, memory, _older_generations(undeclared))

    def actions() -> Iterator[Action]:
        for job in undeclared:
            yield from _remove(job, prune=options.prune)
        for identity, declaration in declared.items():
            yield from planner.actions(declaration, attempts[identity])

    return Plan.of(actions())


@dataclass(frozen=True, slots=True)
class _Planner:
    """Decides about one declaration after the other.

    Attributes:
        older: Live jobs of older generations by the tag of their logical name.
    """

    operation: Operation
    options: PlanOptions
    memory: Memory
    older: Mapping[str, ObservedJob]

    def actions(
        self, declaration: Declaration, attempts: Sequence[ObservedJob]
    ) -> Iterator[Action]:
        """Plan one declaration: its decision, and what else its jobs need."""
        decision = self._decide(declaration, attempts)
        yield decision
        if not isinstance(decision, Keep | Await | Adopt) or decision.job not in attempts:
            return
        if declaration.existing_job is not None:
            return
        yield from _retag(declaration, decision.job, self.options.dropped_tags)
        if isinstance(decision, Keep) and _is_success(decision.job):
            for job in attempts:
                if job.phase is Phase.LIVE and ownership(job) is Ownership.OURS:
                    yield Stop(job, f"{decision.job.name} is compiled")

    def _decide(self, declaration: Declaration, attempts: Sequence[ObservedJob]) -> Decision:
        if (unread := self.memory.unread.get(declaration.identity)) is not None:
            return Defer(declaration, _last_name(declaration, attempts), unread)
        if declaration.existing_job is not None:
            return existing_job_decision(declaration, attempts)
        foreign = [job for job in attempts if ownership(job) is Ownership.FOREIGN]
        if foreign:
            return Conflict(declaration, foreign[0], "a job that is not ours has this name")
        done = [job for job in attempts if _is_success(job)]
        if attempts and self._is_to_replace(declaration, attempts[-1]):
            again = next_attempt(declaration, attempts[-1], "a new attempt was asked for")
            return self._named(again) if isinstance(again, NextAttempt) else again
        if done:
            return Keep(declaration, done[-1], "compiled", _notes(declaration, done[-1]))
        if not attempts:
            return self._first(declaration)
        decision = after_attempts(declaration, attempts, self.operation, self.options)
        return self._named(decision) if isinstance(decision, NextAttempt) else decision

    def _is_to_replace(self, declaration: Declaration, last: ObservedJob) -> bool:
        """Return whether a new attempt is wanted, and this operation has not made it yet."""
        wanted = declaration.identity in self.options.replaced
        is_new = (last.tags or {}).get(OPERATION) == self.operation.id
        return wanted and not is_new and not last.is_under_way

    def _first(self, declaration: Declaration) -> Decision:
        older = self.older.get(logical_name_tag(declaration.logical_name))
        if older is not None:
            reason = f"{older.name} of an older generation must end first"
            return Await(declaration, older, reason)
        first = declaration.identity.attempt(0)
        return self._named(Create(declaration, first, "declared, does not exist"))

    def _named(self, creation: Creation) -> Decision:
        """Return the creation under the first name that is free, if it may be sent now."""
        declaration, name = creation.declaration, creation.name
        for number in range(name.attempt, MAX_ATTEMPT + 1):
            name = name.identity.attempt(number)
            since = self.memory.taken.get(str(name))
            if since is None:
                return self._unless_rejected(creation, name)
            if self.memory.now - since < NAME_TAKEN:
                return Defer(declaration, name, f"{name} is taken; the job may not be visible yet")
        return Defer(declaration, name, f"all {MAX_ATTEMPT} names are taken")

    def _unless_rejected(self, creation: Creation, name: JobName) -> Decision:
        declaration = creation.declaration
        before = self.memory.rejected.get(str(name))
        if (
            before is not None
            and before.settings == declaration.settings_digest
            and before.operation == self.operation.id
        ):
            return Reject(declaration, name, before.reason)
        return replace(creation, name=name)


def _grouped(
    jobs: Iterable[ObservedJob],
    declared: Mapping[Identity, Declaration],
    protected: frozenset[Identity],
) -> tuple[dict[Identity, list[ObservedJob]], list[ObservedJob]]:
    """Return the attempts of each declared identity, oldest first, and our undeclared jobs."""
    existing = {each.existing_job: each.identity for each in declared.values()}
    attempts: dict[Identity, list[ObservedJob]] = {identity: [] for identity in declared}
    undeclared: list[ObservedJob] = []
    for job in sorted(jobs, key=lambda job: (attempt_number(job), job.name)):
        name = job.job_name
        if (named := existing.get(job.name)) is not None:
            attempts[named].append(job)
        elif name is None:
            continue
        elif name.identity in attempts:
            attempts[name.identity].append(job)
        elif name.identity not in protected and ownership(job) is Ownership.OURS:
            undeclared.append(job)
    return attempts, undeclared


def _older_generations(undeclared: Iterable[ObservedJob]) -> dict[str, ObservedJob]:
    found: dict[str, ObservedJob] = {}
    for job in undeclared:
        logical_name = (job.tags or {}).get(LOGICAL_NAME)
        if logical_name is not None and job.is_under_way:
            found.setdefault(logical_name, job)
    return found


def _remove(job: ObservedJob, *, prune: bool) -> Iterator[Action]:
    match job.phase:
        case Phase.LIVE:
            yield Stop(job, "no declaration names it")
        case Phase.COMPLETED | Phase.ENDED if prune:
            yield Delete(job, "no declaration names it, and it has ended")
        case _:
            pass


def _retag(declaration: Declaration, job: ObservedJob, dropped: frozenset[str]) -> Iterator[Action]:
    if job.tags is None:
        return
    declared = {
        key: value for key, value in declaration.request.tags if not key.startswith(TAG_PREFIX)
    }
    to_set, to_remove = tag_changes(declared, job.tags, dropped)
    if to_set or to_remove:
        yield Retag(job, tuple(sorted(to_set.items())), to_remove, "its declared tags changed")


def _is_success(job: ObservedJob) -> bool:
    return job.phase is Phase.COMPLETED and job.artifact_present is not False


def _last_name(declaration: Declaration, attempts: Sequence[ObservedJob]) -> JobName:
    return declaration.identity.attempt(attempt_number(attempts[-1]) if attempts else 0)


def _notes(declaration: Declaration, job: ObservedJob) -> tuple[str, ...]:
    """Return what differs from the job's settings: field by field, if the job was described."""
    if job.tags is None or job.tags.get(SETTINGS) in {None, declaration.settings_digest}:
        return ()
    described = job.described
    changes = () if described is None else diff(declaration.request, described, Role.SETTING)
    if not changes:
        return ("settings changed; they take effect at the next compile",)
    return tuple(f"{change}; takes effect at the next compile" for change in changes)
