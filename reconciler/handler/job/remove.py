"""Delete: see to it that nothing of the resource runs any more.

CloudFormation deletes ids that were never made, old ids after a replacement, and resources whose
Create is still under way. So the id alone does not tell: every live job of the resource's logical
name is looked at, and only what the stack still holds is spared. Removal policy decides about
finished records; live jobs are stopped under every policy. A Delete never validates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.core.attempts import Operation, attempt_number
from reconciler.core.contract import IAM_LAG, SETTLE
from reconciler.core.failure import FailureKind, failure_of
from reconciler.core.identity import ID_LENGTH, Identity, JobName, slug
from reconciler.core.metric_names import DEADLINE, REFUSED
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.ownership import Ownership, ownership
from reconciler.core.planner import plan
from reconciler.core.policy import Policy
from reconciler.core.ports import Denied, Invalid, PortError, Transient
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase, phase_of, whole_stack_goes
from reconciler.handler.job.poll import Run, pending
from reconciler.handler.job.properties import destroys_records, logical_name

_ROLLED_BACK: Final = frozenset(
    {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"}
)
_UNDER_WAY: Final = frozenset({Phase.LIVE, Phase.STOPPING})


def step(run: Run) -> dict[str, object]:
    """Make one poll. Raises ResourceFailed only if a live job cannot be stopped."""
    try:
        return _Removal(run).advance()
    except Transient as error:
        if run.overdue():
            raise _may_still_run(run, error, DEADLINE) from None
        return pending(run, str(error))
    except (Denied, Invalid) as error:
        if isinstance(error, Denied) and run.elapsed() <= IAM_LAG:
            return pending(run, str(error))
        denied = isinstance(error, Denied)
        raise _may_still_run(run, error, FailureKind.PERMISSION if denied else REFUSED) from None


def _may_still_run(run: Run, error: PortError, kind: str) -> ResourceFailed:
    return ResourceFailed(f"{error} The jobs of {run.event.physical_id} may still run.", kind)


@dataclass(frozen=True, slots=True)
class _Removal:
    run: Run

    def advance(self) -> dict[str, object]:
        """Gather, decide, act."""
        standing = _standing(self.run)
        if standing.stale:
            self.run.log("stale delete ignored", request_id=self.run.event.request_id)
            return {"IsComplete": True}
        jobs = [job for job in self._jobs() if not _is_of(job, standing.spared)]
        if standing.unclear:
            jobs = [job for job in jobs if _is_of(job, self.run.physical_identity)]
        chosen = plan(
            (),
            jobs,
            Operation(self.run.event.request_id, self.run.timing.began),
            Policy(prune=standing.prunes and self._destroys),
        )
        executor = self.run.executor()
        for action in chosen.mutations:
            executor.execute(action)
        ours = [job for job in jobs if ownership(job) is Ownership.OURS]
        under_way = [job.name for job in ours if job.phase in _UNDER_WAY]
        if under_way and not self.run.overdue():
            return pending(self.run, f"{', '.join(under_way)} must end first")
        if self.run.elapsed() < SETTLE and _may_have_a_successor(ours, self.run.timing.began):
            return pending(self.run, "an operation was under way: looking again")
        return {"IsComplete": True}

    @property
    def _destroys(self) -> bool:
        return destroys_records(self.run.event.properties)

    def _jobs(self) -> list[ObservedJob]:
        """All jobs that this resource may have made."""
        gatherer = self.run.gatherer()
        finished = self._destroys
        name = logical_name(self.run.event.properties)
        found: dict[str, ObservedJob] = {}
        for identity in self._identities(name):
            jobs = gatherer.generations(identity, name, finished=finished)
            found.update({job.name: job for job in jobs})
        physical = self.run.physical_identity
        if physical is not None:  # List may lag behind; Describe knows the id's own jobs
            found.update({job.name: job for job in gatherer.attempts(physical)})
        return list(found.values())

    def _identities(self, name: str | None) -> set[Identity]:
        """One identity of each family to look through; only its prefix matters."""
        families: dict[str, Identity] = {}
        owner = self.run.event.owner
        if name is not None:
            any_id = Identity(owner, slug(name, owner), "a" * ID_LENGTH)
            families[any_id.family_prefix] = any_id
        physical = self.run.physical_identity
        if physical is not None:
            families[physical.family_prefix] = physical
        return set(families.values())


def _may_have_a_successor(jobs: list[ObservedJob], began: datetime) -> bool:
    """Whether a create may have been accepted that is not seen yet: nothing is seen at all, or
    the newest attempt has ended in a way that is tried again, at once or by a later operation.
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
    # What this operation stopped, or what has just failed the stack, nobody has tried again.
    return newest.changed < (began if stopped else began - SETTLE)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a Delete stands to the stack as it is now.

    Attributes:
        stale: It was delivered late: the resource is being created or updated again.
        spared: The identity that the resource has now, another than the one to be deleted.
        unclear: A rollback is over, and the resource still shows the id that is being cleaned up:
            the id that it had before is coming back, and nobody says which one that is. So
            nothing but the id's own jobs is touched.
        prunes: Whether records may go. Not those of a made-up id while the stack stays: a
            construct that was moved, its identity pinned, shares them with the one it was.
    """

    stale: bool
    spared: Identity | None
    unclear: bool = False
    prunes: bool = True


def _standing(run: Run) -> _Standing:
    event = run.event
    view = run.stacks.stack(event.stack_id)
    if view is None or whole_stack_goes(view.status):
        return _Standing(stale=False, spared=None)
    resource = run.stacks.resource(event.stack_id, event.logical_id)
    made_up = run.physical_identity is None
    if resource is None:
        return _Standing(stale=False, spared=None, prunes=not made_up)
    stale = phase_of(view.status) in {StackPhase.FORWARD, StackPhase.ROLLBACK} and (
        resource.status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
    )
    name = JobName.parse(resource.physical_id)
    replaced = name is not None and resource.physical_id != event.physical_id
    unclear = view.status in _ROLLED_BACK and resource.physical_id == event.physical_id
    spared = name.identity if name is not None and replaced else None
    return _Standing(stale, spared, unclear, prunes=not made_up)


def _is_of(job: ObservedJob, identity: Identity | None) -> bool:
    name = job.job_name
    return name is not None and name.identity == identity
