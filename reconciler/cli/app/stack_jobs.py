"""What a deployment does to the jobs that a stack declares one by one: CompilationJob."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.cli.app.changes import ResourceChange
from reconciler.cli.app.template_jobs import TemplateJob, template_job
from reconciler.cli.plans.document import ActionKind, PlannedAction
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Identity, JobName, Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag
from reconciler.handler.cfn.properties import destroys_records

UNCHANGED: Final = "the template does not change it"
SETTINGS: Final = "nothing changes that determines the compilation"
SETTINGS_NOTE: Final = "settings or tags change"
NOT_DEPLOYED: Final = "the stack is not deployed yet"


@dataclass(frozen=True, slots=True)
class UpdatedJob:
    """A job whose resource CloudFormation creates or updates, and whose name is known.

    Attributes:
        dropped_tags: Keys of tags that were declared before and are no longer.
    """

    job: TemplateJob
    dropped_tags: frozenset[str] = frozenset()

    @property
    def declaration(self) -> Declaration:
        """What it declares."""
        return self.job.declaration


@dataclass(frozen=True, slots=True)
class UncertainJob:
    """A job whose name depends on what is known after the deployment.

    Attributes:
        previous: Its present identity; None if it is new.
    """

    job: TemplateJob
    previous: Identity | None


@dataclass(slots=True)
class StackJobs:
    """The jobs of a stack, by what a deployment does about them.

    Attributes:
        settled: Those that are left alone.
        stopped: Tags of the logical names whose live jobs are ended unless they are declared.
        deleted: Tags of the logical names whose finished records are deleted, too.
    """

    owner: Owner
    settled: list[PlannedAction] = field(default_factory=list)
    updated: list[UpdatedJob] = field(default_factory=list)
    uncertain: list[UncertainJob] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    def may_end(self, job: ObservedJob) -> bool:
        """Return whether the deployment ends a job that is not declared any more."""
        tag = (job.tags or {}).get(LOGICAL_NAME, "")
        return tag in (self.stopped if job.is_under_way else self.deleted)

    def add(self, change: ResourceChange) -> None:
        """Sort in what happens to one resource. Raises PropertiesError, RequestError."""
        before = None if change.before is None else template_job(change.before, self.owner)
        if change.after is None:
            self._ends(change, before)
            return
        after = template_job(change.after, self.owner)
        if not change.is_update:
            self.settled.append(_kept(self.owner, change.physical_id, after))
            return
        previous = _identity(change.physical_id)
        after = _checked(after, before, previous)
        if after.unknown and previous is not None and _is_same_compilation(before, after):
            kept = _kept(self.owner, change.physical_id, after)
            self.settled.append(replace(kept, reason=SETTINGS, notes=(SETTINGS_NOTE,)))
            return
        if before is not None:
            self.stopped.add(logical_name_tag(after.declaration.logical_name))
        if previous is not None and (after.unknown or after.declaration.identity != previous):
            self._ends(change, before)
        if after.unknown:
            self.uncertain.append(UncertainJob(after, previous))
        else:
            self.updated.append(UpdatedJob(after, _tag_keys(before) - _tag_keys(after)))

    def _ends(self, change: ResourceChange, before: TemplateJob | None) -> None:
        if before is None or change.before is None:
            return
        tag = logical_name_tag(before.declaration.logical_name)
        self.stopped.add(tag)
        if destroys_records(change.before):
            self.deleted.add(tag)


def job_of_new_stack(stack: str, change: ResourceChange) -> PlannedAction:
    """Return a job of a stack that is not deployed; the owner of its jobs is not known.

    Raises PropertiesError, RequestError.
    """
    job = template_job(change.after or {}, Owner("unknown"))
    return created(stack, job.declaration.logical_name)


def created(stack: str, logical_name: str) -> PlannedAction:
    """Return the creation of a job of a stack that is not deployed yet."""
    return PlannedAction(
        kind=ActionKind.CREATE, owner=stack, job="", logical_name=logical_name,
        reason=NOT_DEPLOYED,
    )  # fmt: skip


def _kept(owner: Owner, physical_id: str, job: TemplateJob) -> PlannedAction:
    return PlannedAction(
        kind=ActionKind.KEEP, owner=owner.name, job=physical_id,
        logical_name=job.declaration.logical_name, reason=UNCHANGED,
    )  # fmt: skip


def _identity(physical_id: str) -> Identity | None:
    name = JobName.parse(physical_id)
    return None if name is None else name.identity


def _checked(
    after: TemplateJob, before: TemplateJob | None, previous: Identity | None
) -> TemplateJob:
    """Return a job, its name unknown if the deployed template does not lead to the present one."""
    if before is None or previous is None or before.unknown or after.unknown:
        return after
    if before.declaration.identity == previous:
        return after
    return replace(after, unknown=("the name",))


def _is_same_compilation(before: TemplateJob | None, after: TemplateJob) -> bool:
    """Return whether nothing changes that decides the name, though not all of it is known."""
    return (
        before is not None
        and before.unknown == after.unknown
        and before.values == after.values
        and before.declaration.fingerprint_fields == after.declaration.fingerprint_fields
    )


def _tag_keys(job: TemplateJob | None) -> frozenset[str]:
    return frozenset() if job is None else frozenset(key for key, _ in job.declaration.request.tags)
