"""Delete: end every job of the resource.

CloudFormation deletes ids that were never made, old ids after a replacement, and resources whose
Create is still under way. So the id alone is not enough: every live job of the resource's logical
name is looked at, and only what the stack still holds is protected. The removal policy decides
about finished records; live jobs are stopped under every policy. A Delete never validates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.core.attempts import attempt_number
from reconciler.core.completion import Failed, Pending
from reconciler.core.contract import ROW_LAG, SETTLE
from reconciler.core.failure import FailureKind, failure_of
from reconciler.core.identity import ID_LENGTH, Identity, slug
from reconciler.core.metric_names import DEADLINE
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.operation import Operation, PlanOptions
from reconciler.core.ownership import Ownership, ownership
from reconciler.core.planner import plan
from reconciler.core.ports import PortError, Unavailable
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase, phase_of, whole_stack_goes
from reconciler.handler.cfn.properties import destroys_records
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import logical_name


def step(poll: JobPoll) -> dict[str, object]:
    """Make one poll. Raises ResourceFailed only if a live job cannot be stopped."""
    try:
        return _Removal(poll).advance()
    except PortError as error:
        match poll.outcome_of(error):
            case Pending(reason) if not poll.is_overdue():
                return poll.pending(reason)
            case Pending(reason):
                raise _may_still_run(poll, reason, DEADLINE) from None
            case Failed() as failed:
                raise _may_still_run(poll, str(failed), failed.kind) from None


def _may_still_run(poll: JobPoll, reason: str, kind: str) -> ResourceFailed:
    return ResourceFailed(f"{reason} The jobs of {poll.event.physical_id} may still run.", kind)


@dataclass(frozen=True, slots=True)
class _Removal:
    poll: JobPoll

    def advance(self) -> dict[str, object]:
        """Gather, decide, act."""
        scope = _scope(self.poll)
        if scope.late:
            return self._ignore(scope.late)
        physical_id = self.poll.event.physical_id
        jobs = [job for job in self._jobs() if scope.covers(job, physical_id)]
        chosen = plan(
            (),
            jobs,
            Operation(self.poll.event.request_id, self.poll.timing.began),
            PlanOptions(prune=scope.may_prune and self._destroys),
        )
        executor = self.poll.executor()
        for action in chosen.mutations:
            executor.execute(action)
        ours = [job for job in jobs if ownership(job) is Ownership.OURS]
        under_way = [job.name for job in ours if job.is_under_way]
        if under_way and not self.poll.is_overdue():
            return self.poll.pending(f"{', '.join(under_way)} must end first")
        if self.poll.elapsed() < SETTLE and _may_have_a_successor(ours, self.poll.timing.began):
            return self.poll.pending("an operation was in progress: looking again")
        return {"IsComplete": True}

    def _ignore(self, why: str) -> dict[str, object]:
        """Do nothing, and end when the stack cannot have been read as it was before."""
        if self.poll.elapsed() < SETTLE:
            return self.poll.pending(f"{why}, so nothing is deleted now: looking again")
        self.poll.ports.progress("late delete ignored", request_id=self.poll.event.request_id)
        return {"IsComplete": True}

    @property
    def _destroys(self) -> bool:
        return destroys_records(self.poll.event.properties)

    def _jobs(self) -> list[ObservedJob]:
        """Return all jobs that this resource may have created."""
        gatherer = self.poll.gatherer()
        finished = self._destroys
        name = logical_name(self.poll.event.properties)
        found: dict[str, ObservedJob] = {}
        for identity in self._identities(name):
            jobs = gatherer.generations(identity, name, finished=finished)
            found.update({job.name: job for job in jobs})
        physical = self.poll.physical_identity
        if physical is not None:  # List may lag behind; Describe knows the id's own jobs
            found.update({job.name: job for job in gatherer.attempts(physical)})
        return list(found.values())

    def _identities(self, name: str | None) -> set[Identity]:
        """Return one identity of each family to look through; only its prefix matters."""
        families: dict[str, Identity] = {}
        owner = self.poll.event.owner
        if name is not None:
            any_id = Identity(owner, slug(name, owner), "a" * ID_LENGTH)
            families[any_id.family_prefix] = any_id
        physical = self.poll.physical_identity
        if physical is not None:
            families[physical.family_prefix] = physical
        return set(families.values())


def _may_have_a_successor(jobs: list[ObservedJob], began: datetime) -> bool:
    """Return whether a create may have been accepted whose job is not visible yet.

    It may if no job is visible, or if the newest attempt has ended in a way that is tried again,
    at once or by a later operation.
    """
    if not jobs:
        return True
    newest = max(jobs, key=lambda job: (job.created, attempt_number(job)))
    if newest.phase is not Phase.ENDED:
        return False
    stopped = newest.status is JobStatus.STOPPED
    kind = failure_of(newest.failure_reason, stopped=stopped).kind
    if kind in {FailureKind.SYSTEM, FailureKind.PERMISSION} or newest.changed is None:
        return True
    # What this operation stopped, or what has just failed the stack, was not tried again.
    return newest.changed < (began if stopped else began - SETTLE)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a Delete may touch, as the stack is now.

    Attributes:
        late: Why it is taken as delivered late, and does nothing; empty if it is not.
        spared: The ids that resources of the stack hold.
        own_jobs_only: The list of resources lags behind, or does not show what the stack does,
            so the id that the resource has now is not known. Nothing but the jobs of the id that
            is being deleted is touched.
        may_prune: Whether records may be deleted. Not those of an invented id while the stack
            stays.
    """

    late: str = ""
    spared: frozenset[str] = frozenset()
    own_jobs_only: bool = False
    may_prune: bool = True

    def covers(self, job: ObservedJob, physical_id: str) -> bool:
        """Return whether a job may be touched."""
        identity = str(job.job_name.identity) if job.job_name is not None else ""
        return identity not in self.spared and (not self.own_jobs_only or identity == physical_id)


def _scope(poll: JobPoll) -> _Scope:
    event, elapsed = poll.event, poll.elapsed()
    view = poll.ports.stacks.stack(event.stack_id)
    if view is None or whole_stack_goes(view.status):
        return _Scope()
    holdings = poll.holdings()
    if not poll.is_delete_due(view, holdings):
        return _Scope(late=f"the stack is {view.status}")
    if holdings.is_any_requested and elapsed < SETTLE:
        raise Unavailable("NotSettled", "resources are read as they were before the cleanup")
    own, invented = holdings.own, poll.physical_identity is None
    is_shown = phase_of(view.status) is StackPhase.REMOVAL or holdings.is_being_deleted
    if own is None or own.status.startswith("DELETE_") or invented:
        return _Scope("", holdings.ids_of_others(), not is_shown, may_prune=not invented)
    if own.physical_id != event.physical_id:
        return _Scope("", holdings.ids(), not is_shown)
    if elapsed < ROW_LAG:
        raise Unavailable("NotSettled", "the resource still shows the id that is being deleted")
    return _Scope("", holdings.ids_of_others(), own_jobs_only=True)
