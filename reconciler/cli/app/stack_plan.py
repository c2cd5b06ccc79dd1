"""The plan of the jobs that a stack declares one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import groupby

from reconciler.cli.app.changes import ResourceChange
from reconciler.cli.app.engine_plan import EnginePlanning, OwnerPass
from reconciler.cli.app.stack_jobs import StackJobs, UncertainJob, UpdatedJob
from reconciler.cli.plans.document import ActionKind, PlannedAction
from reconciler.cli.plans.edits import edits_since
from reconciler.core.identity import Owner
from reconciler.core.observed import ObservedJob
from reconciler.core.ownership import LOGICAL_NAME, logical_name_tag
from reconciler.core.ports import Gateway, PortError


def plan_of_jobs(
    owner: Owner, changes: Iterable[ResourceChange], engine: EnginePlanning
) -> Iterator[PlannedAction]:
    """Yield what a deployment does to a stack's single jobs.

    Raises PortError, PlanError, PropertiesError, RequestError.
    """
    jobs = StackJobs(owner)
    for change in changes:
        jobs.add(change)
    yield from jobs.settled
    for each in _passes(jobs):
        yield from engine.actions(each)
    for uncertain in jobs.uncertain:
        yield _uncertain(uncertain, owner, engine.account.gateway)


def _passes(jobs: StackJobs) -> Iterator[OwnerPass]:
    """Yield a pass for the jobs that have dropped tags and bucket owner in common.

    The first one also ends what is declared no more.
    """
    tags = {logical_name_tag(each.declaration.logical_name) for each in jobs.updated}
    ended = (jobs.stopped | jobs.deleted) - tags
    groups = [list(group) for _, group in groupby(sorted(jobs.updated, key=_common), _common)]
    if ended and not groups:
        groups = [[]]
    for index, group in enumerate(groups):
        yield _pass(jobs, group, ended if index == 0 else set())


def _pass(jobs: StackJobs, group: list[UpdatedJob], ended: set[str]) -> OwnerPass:
    scope = ended | {logical_name_tag(each.declaration.logical_name) for each in group}

    def may_end(job: ObservedJob) -> bool:
        return (job.tags or {}).get(LOGICAL_NAME, "") in scope and jobs.may_end(job)

    return OwnerPass(
        owner=jobs.owner,
        declarations=tuple(each.declaration for each in group),
        may_end=may_end,
        prune=bool(jobs.deleted & scope),
        dropped_tags=group[0].dropped_tags if group else frozenset(),
        bucket_owner=group[0].job.bucket_owner if group else None,
    )


def _common(job: UpdatedJob) -> tuple[list[str], str]:
    return sorted(job.dropped_tags), job.job.bucket_owner or ""


def _uncertain(uncertain: UncertainJob, owner: Owner, gateway: Gateway) -> PlannedAction:
    """Return the creation of a job whose name is not known yet."""
    declaration = uncertain.job.declaration
    made = PlannedAction(
        kind=ActionKind.CREATE, owner=owner.name, job="",
        logical_name=declaration.logical_name, reason="declared, does not exist",
        notes=tuple(f"{path} is known after the deployment" for path in uncertain.job.unknown),
    )  # fmt: skip
    if uncertain.previous is None:
        return made
    older = None
    with suppress(PortError):  # the plan does not depend on it
        older = gateway.describe(str(uncertain.previous))
    return replace(
        made, kind=ActionKind.REPLACE, previous=str(uncertain.previous),
        edits=() if older is None else edits_since(declaration, older),
        reason=f"another declaration than that of {uncertain.previous}",
    )  # fmt: skip
