"""What was approved of a plan, held against the plan that is made when it is applied.

Each action is judged by what it depends on, and by nothing else: a change to another job makes no
action stale. What was overtaken is left out, and said; the rest is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.cli.plans.document import CREATIONS, ActionKind, PlannedAction
from reconciler.core.attempts import attempt_number
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Identity, JobName
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import OPERATION, Ownership, belongs_to, ownership
from reconciler.core.plan import (
    Action,
    Adopt,
    Await,
    Create,
    Creation,
    Defer,
    Delete,
    Keep,
    NextAttempt,
    Plan,
    Reject,
    Retag,
    Stop,
)
from reconciler.engine.snapshot import FleetSnapshot

Families = Mapping[str, Sequence[ObservedJob]]


@dataclass(slots=True)
class Approval:
    """The approved changes of one owner.

    Attributes:
        operation: The id of the apply: what its own jobs are tagged with.
        prune: Whether the records of jobs that are stopped are deleted as well.
        declared: What the plan is about; a creation of anything else is left to other actors.
        tags_of: Reads the tags of a job, by its ARN.
        overtaken: Why approved changes of existing jobs are not made, by job name.
    """

    changes: Sequence[PlannedAction]
    operation: str
    prune: bool
    declared: frozenset[Identity]
    tags_of: Callable[[str], Mapping[str, str] | None]
    overtaken: dict[str, str] = field(default_factory=dict)
    _creations: dict[Identity, PlannedAction] = field(init=False)
    _others: dict[str, PlannedAction] = field(init=False)

    def __post_init__(self) -> None:
        self._creations, self._others = {}, {}
        for action in self.changes:
            name = JobName.parse(action.job)
            if action.kind in CREATIONS and name is not None:
                self._creations[name.identity] = action
            else:
                self._others[action.job] = action

    def permit(self, plan: Plan, snapshot: FleetSnapshot) -> Plan:
        """Return what was approved of a plan; creations that were not become rejections."""
        families = snapshot.undeclared_families()
        permitted = (self._permitted(action, families) for action in plan.actions)
        return Plan.of(action for action in permitted if action is not None)

    def _permitted(self, action: Action, families: Families) -> Action | None:
        match action:
            case Create() | NextAttempt():
                family = families.get(action.declaration.identity.family_prefix, ())
                return self._creation(action, family)
            case Await(declaration, older):
                first = declaration.identity.attempt(0)
                return self._overtaken(declaration, first, (older,)) or action
            case Stop() | Delete():
                why = self._others[action.job.name].reason if self._may_change(action) else None
                return None if why is None else replace(action, reason=why or action.reason)
            case Retag():
                return action if self._may_change(action) else None
            case _:
                return action

    def _creation(self, action: Creation, family: Iterable[ObservedJob]) -> Action:
        identity = action.declaration.identity
        if identity not in self.declared:
            return Defer(action.declaration, action.name, "declared by another actor")
        approved = self._creations.get(identity)
        if approved is None:
            return Reject(action.declaration, action.name, "the plan does not create it")
        previous = action.previous if isinstance(action, NextAttempt) else None
        if self._is_expected(approved, previous):
            return self._overtaken(action.declaration, action.name, family) or action
        if previous is not None and _has_made(approved, previous):
            return Keep(action.declaration, previous, "compiled by another apply")
        return _rejected(action.declaration, action.name, approved, previous)

    def _overtaken(
        self, declaration: Declaration, name: JobName, family: Iterable[ObservedJob]
    ) -> Reject | None:
        """Reject a creation if another declaration of its logical name has got a job since."""
        approved = self._creations.get(declaration.identity)
        if approved is None:
            return None
        since = datetime.fromisoformat(approved.created) if approved.created else None
        for job in family:
            if job.job_name is None or job.job_name.identity == declaration.identity:
                continue
            if since is not None and job.created <= since:
                continue
            tagged = job if job.tags is not None else replace(job, tags=self.tags_of(job.arn))
            if ownership(tagged) is Ownership.OURS and belongs_to(tagged, declaration.logical_name):
                return _rejected(declaration, name, approved, tagged)
        return None

    def _is_expected(self, approved: PlannedAction, previous: ObservedJob | None) -> bool:
        """Return whether a creation follows the attempt that it was planned after, or our own."""
        if previous is None:
            return approved.kind is not ActionKind.RETRY
        is_own = (previous.tags or {}).get(OPERATION) == self.operation
        return is_own or (approved.kind is ActionKind.RETRY and approved.previous == previous.name)

    def _may_change(self, action: Stop | Delete | Retag) -> bool:
        """Return whether it was approved, of this very job and in this form."""
        job = action.job
        approved = self._others.get(job.name)
        if approved is None:
            return False
        created = job.created.isoformat()
        if approved.created != created:
            self.overtaken[job.name] = f"created {approved.created} when planned, {created} now"
            return False
        match action:
            case Stop():
                return approved.kind is ActionKind.STOP
            case Delete():
                follows_stop = approved.kind is ActionKind.STOP and self.prune
                return approved.kind is ActionKind.DELETE or follows_stop
            case Retag():
                planned, now = (
                    (approved.set_tags, approved.remove_tags),
                    (action.to_set, action.to_remove),
                )
                if planned != now:
                    self.overtaken[job.name] = f"tags to set were {planned}, are {now} now"
                return planned == now


def _rejected(
    declaration: Declaration, name: JobName, approved: PlannedAction, found: ObservedJob | None
) -> Reject:
    now = "no job" if found is None else f"{found.name}, {found.status}"
    return Reject(
        declaration, name,
        f"overtaken: planned after {approved.previous or 'no job'}, now there is {now}. "
        "Make the plan again.",
    )  # fmt: skip


def _has_made(approved: PlannedAction, previous: ObservedJob) -> bool:
    """Return whether another apply of the plan has made what was approved."""
    made = JobName.parse(approved.job)
    is_compiled = previous.phase is Phase.COMPLETED
    return is_compiled and made is not None and attempt_number(previous) >= made.attempt


def limited(plan: Plan, free: int | None) -> Plan:
    """Return a plan whose creations wait while as many jobs run as may run at once.

    Args:
        free: How many jobs may run; None for any number.
    """
    if free is None:
        return plan
    free -= sum(isinstance(each, Await | Adopt) for each in plan.actions)
    kept: list[Action] = []
    for action in plan.actions:
        if isinstance(action, Create | NextAttempt):
            free -= 1
            if free < 0:
                reason = "waiting for other jobs to end (--parallelism)"
                kept.append(Defer(action.declaration, action.name, reason))
                continue
        kept.append(action)
    return Plan.of(kept)
