"""Make a document of the engine's plans: every action in the words of reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from reconciler.cli.plans.document import (
    CHANGES,
    CREATIONS,
    ENDINGS,
    ActionKind,
    PlannedAction,
)
from reconciler.cli.plans.edits import edits_of, edits_since, tag_edits
from reconciler.cli.plans.history import CompileHistory
from reconciler.core.completion import Failed, completion
from reconciler.core.declaration import Declaration
from reconciler.core.diff import diff
from reconciler.core.fields import Role
from reconciler.core.observed import ObservedJob
from reconciler.core.ownership import LOGICAL_NAME, Ownership, belongs_to, ownership
from reconciler.core.plan import (
    Action,
    Adopt,
    Await,
    Conflict,
    Create,
    Creation,
    Defer,
    Delete,
    Keep,
    NextAttempt,
    Reject,
    Retag,
    Stop,
    job_name,
)
from reconciler.core.ports import Gateway, PortError
from reconciler.engine.reconcile import Planned

EXPLAINED: Final = 20
"""For so many jobs of a plan, older jobs are read to say which fields differ."""
_NEXT_COMPILE: Final = "takes effect at the next compile"
_IDENTITY_REASON: Final = (
    "what differs is not shown by DescribeCompilationJob: the revision, or a field that was removed"
)

_COMPILING: Final = CREATIONS | {ActionKind.WAIT}
_KINDS: Final[Mapping[type[Action], ActionKind]] = {
    Adopt: ActionKind.WAIT,
    Await: ActionKind.WAIT,
    Conflict: ActionKind.CONFLICT,
    Defer: ActionKind.UNKNOWN,
    Reject: ActionKind.FAILED,
    Retag: ActionKind.RETAG,
    Stop: ActionKind.STOP,
    Delete: ActionKind.DELETE,
}


@dataclass(slots=True)
class Describer:
    """Puts the actions of one owner's plan into words; reads older jobs to name what differs.

    Attributes:
        history: How long jobs took.
        left: How many jobs may still be read for that.
        families: The undeclared jobs, newest first, by what their names begin with.
    """

    gateway: Gateway
    owner: str
    planned: Planned
    history: CompileHistory
    left: int = EXPLAINED
    families: Mapping[str, Sequence[ObservedJob]] = field(init=False)

    def __post_init__(self) -> None:
        self.families = self.planned.snapshot.undeclared_families()

    def actions(self) -> Iterator[PlannedAction]:
        """Yield the plan's actions in words; a job that is kept and retagged has one."""
        described = [self._with_times(action) for action in self.planned.plan.actions]
        kept = {each.job: each for each in described if each.kind is ActionKind.KEEP}
        for retag in (each for each in described if each.kind is ActionKind.RETAG):
            if (keep := kept.pop(retag.job, None)) is not None:
                yield replace(retag, edits=retag.edits + keep.edits, notes=keep.notes)
            else:
                yield retag
        yield from kept.values()
        shown = {ActionKind.KEEP, ActionKind.RETAG}
        yield from (each for each in described if each.kind not in shown)

    def _with_times(self, action: Action) -> PlannedAction:
        described = self._described(action)
        if described.kind not in _COMPILING or isinstance(action, Stop | Delete | Retag):
            return described
        family = self._family(action.declaration) if described.kind in CREATIONS else ()
        return replace(
            described, expected=self.history.expected(action.declaration),
            created=family[0].created.isoformat() if family else "",
        )  # fmt: skip

    def _described(self, action: Action) -> PlannedAction:
        match action:
            case Create() | NextAttempt():
                return self._creation(action)
            case Await(declaration, older) if _is_older(declaration, older):
                made = self._action(action, ActionKind.REPLACE)
                return self._replacing(declaration, replace(made, job=_first(declaration)), older)
            case Keep():
                return self._kept(action)
            case Retag() | Stop() | Delete():
                return self._of_job(action)
            case Adopt() | Await() | Conflict() | Defer() | Reject():
                return self._action(action, _KINDS[type(action)])
            case _:
                assert_never(action)

    def _action(self, action: Action, kind: ActionKind) -> PlannedAction:
        name, job = "", job_name(action)
        if not isinstance(action, Stop | Delete | Retag):
            name, job = action.declaration.logical_name, action.declaration.existing_job or job
        return PlannedAction(
            kind=kind, owner=self.owner, job=job, logical_name=name,
            reason=action.reason,
        )  # fmt: skip

    def _of_job(self, action: Retag | Stop | Delete) -> PlannedAction:
        made = replace(
            self._action(action, _KINDS[type(action)]),
            created=action.job.created.isoformat(),
            logical_name=self._logical_name(action.job),
        )
        if isinstance(action, Retag):
            made = replace(
                made, set_tags=action.to_set, remove_tags=action.to_remove,
                edits=tuple(tag_edits(action)),
            )  # fmt: skip
        return made

    def _logical_name(self, job: ObservedJob) -> str:
        declared, name = self.planned.snapshot.declared, job.job_name
        if name is not None and name.identity in declared:
            return declared[name.identity].logical_name
        return (job.tags or {}).get(LOGICAL_NAME, "")

    def _kept(self, action: Keep) -> PlannedAction:
        result = completion(action)
        if isinstance(result, Failed):
            return replace(self._action(action, ActionKind.FAILED), reason=str(result))
        made = replace(self._action(action, ActionKind.KEEP), notes=action.notes)
        if not action.notes or (described := self._describe(action.job)) is None:
            return made
        changes = diff(action.declaration.request, described.described or {}, Role.SETTING)
        return replace(made, edits=edits_of(changes), notes=(_NEXT_COMPILE,)) if changes else made

    def _creation(self, action: Creation) -> PlannedAction:
        if isinstance(action, NextAttempt):
            made = self._action(action, ActionKind.RETRY)
            return replace(made, previous=action.previous.name)
        made = self._action(action, ActionKind.CREATE)
        older = self._older(action.declaration)
        return made if older is None else self._replacing(action.declaration, made, older)

    def _replacing(
        self, declaration: Declaration, made: PlannedAction, older: ObservedJob
    ) -> PlannedAction:
        described = self._describe(older)
        edits = () if described is None else edits_since(declaration, described)
        unseen = described is not None and not edits
        return replace(
            made, kind=ActionKind.REPLACE, previous=older.name, edits=edits,
            notes=(_IDENTITY_REASON,) if unseen else (),
            reason=f"another declaration than that of {older.name}",
        )  # fmt: skip

    def _older(self, declaration: Declaration) -> ObservedJob | None:
        """Return the newest job of ours of the same logical name and another declaration."""
        for job in self._family(declaration):
            tagged = self._with_tags(job)
            if tagged is None:
                return None
            if ownership(tagged) is Ownership.OURS and belongs_to(tagged, declaration.logical_name):
                return tagged
        return None

    def _family(self, declaration: Declaration) -> Sequence[ObservedJob]:
        return self.families.get(declaration.identity.family_prefix, ())

    def _with_tags(self, job: ObservedJob) -> ObservedJob | None:
        if job.tags is not None:
            return job
        if self.left <= 0:
            return None
        self.left -= 1
        try:
            return replace(job, tags=self.gateway.tags(job.arn))
        except PortError:
            return None

    def _describe(self, job: ObservedJob) -> ObservedJob | None:
        """Describe a job, if it may still be read; the plan does not depend on it."""
        if self.left <= 0:
            return None
        self.left -= 1
        try:
            return self.gateway.describe(job.name)
        except PortError:
            return None


def _is_older(declaration: Declaration, job: ObservedJob) -> bool:
    name = job.job_name
    is_managed = declaration.existing_job is None
    return is_managed and name is not None and name.identity != declaration.identity


def _first(declaration: Declaration) -> str:
    return str(declaration.identity.attempt(0))


def declarations_to_keep(
    actions: Sequence[PlannedAction], declarations: Sequence[Declaration], *, shared: bool
) -> tuple[Declaration, ...]:
    """Return the declarations that apply needs, by their names.

    They are of the jobs that it creates, retags or waits for; of a shared fleet they are all that
    the plan is about, since they become the fleet's.
    """
    kinds = (CHANGES - ENDINGS) | {ActionKind.WAIT}
    named = {(each.owner, each.logical_name) for each in actions if shared or each.kind in kinds}
    kept = [
        each
        for each in declarations
        if each.existing_job is None and (each.owner.name, each.logical_name) in named
    ]
    return tuple(sorted(kept, key=lambda each: (each.owner.name, each.logical_name)))
