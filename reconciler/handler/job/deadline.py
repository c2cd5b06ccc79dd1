"""Ending an operation early: its deadline has passed, or CloudFormation no longer waits for it."""

from __future__ import annotations

from reconciler.core import metric_names
from reconciler.core.completion import Failed, Pending
from reconciler.core.contract import GRACE, SETTLE
from reconciler.core.metric_names import DEADLINE
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import OPERATION, Ownership, ownership
from reconciler.core.ports import Denied, PortError, StackView, Transient
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase, phase_of, whole_stack_goes
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import JobProperties


def end_at_deadline(poll: JobPoll, properties: JobProperties, reason: str) -> dict[str, object]:
    """Stop what this operation runs, since its deadline has passed, and say why.

    If that fails, it is tried again for 90 seconds.
    """
    try:
        _stop_own(poll, properties, adopted=True)
    except Transient as error:
        if poll.now() < poll.timing.deadline + GRACE:
            return poll.pending(f"stopping after the deadline: {error}")
    except Denied as error:
        reason = f"{reason}; stopping it failed: {error}"
    seconds = int((poll.timing.deadline - poll.timing.began).total_seconds())
    raise ResourceFailed(
        f"Timed out after {seconds} s: {reason}. What this operation had started was stopped. "
        "Reduce the job's run time, or set wait=False.",
        DEADLINE,
    )


def after_superseded(poll: JobPoll, properties: JobProperties) -> dict[str, object]:
    """Stop what this request runs and no resource of the stack holds, and end.

    A create whose answer was lost may not be seen yet, so it is looked for as long as the stack
    is under way, and for SETTLE at least.
    """
    try:
        view = poll.ports.stacks.stack(poll.event.stack_id)
        if _may_be_held(poll, view):
            return poll.pending("superseded; the stack's resources are read as they were before")
        _stop_own(poll, properties, adopted=False)
    except PortError as error:
        match poll.outcome_of(error):
            case Pending(reason):
                return poll.pending(f"superseded, stopping what this request started: {reason}")
            case Failed() as failed:
                raise ResourceFailed(f"{failed}", failed.kind) from None
    settled = view is None or phase_of(view.status) is StackPhase.SETTLED
    if poll.is_overdue() or (settled and poll.elapsed() >= SETTLE):
        raise ResourceFailed(
            "The stack went on to another operation; a job of this request that no resource "
            "holds was stopped.",
            "",
        )
    return poll.pending("superseded, looking for what this request started")


def _may_be_held(poll: JobPoll, view: StackView | None) -> bool:
    """Return whether a second delivery of this request may have succeeded, or still may.

    It may until the stack's operation is over, since a new id may not be shown before; and after
    that, if the resource is read as in progress, or not at all.
    """
    if view is None or whole_stack_goes(view.status) or poll.is_overdue():
        return False
    phase = phase_of(view.status)
    if phase is not StackPhase.SETTLED:
        return phase is not StackPhase.ROLLBACK
    if poll.elapsed() >= SETTLE:
        return False
    holdings = poll.holdings()
    return holdings.is_requested or holdings.own is None


def _stop_own(poll: JobPoll, properties: JobProperties, *, adopted: bool) -> None:
    """Stop what this operation runs, and the stack does not hold.

    Args:
        poll: The poll.
        properties: What is declared.
        adopted: Whether of the jobs that the stack holds only those are spared that were there
            before the operation; if not, all are.
    """
    identity = properties.declaration.identity
    jobs = [job for job in poll.gatherer().attempts(identity) if job.phase is Phase.LIVE]
    if not any(_made_by(job, poll.event.request_id) for job in jobs):
        return
    held = str(identity) in _held(poll)
    for job in jobs:
        spared = held and (job.created < poll.timing.began or not adopted)
        if spared or not _made_by(job, poll.event.request_id):
            continue
        poll.ports.progress("stopping", job=job.name)
        poll.ports.gateway.stop(job.name)
        poll.meter.count(metric_names.JOBS_STOPPED)


def _held(poll: JobPoll) -> frozenset[str]:
    view = poll.ports.stacks.stack(poll.event.stack_id)
    if view is None or whole_stack_goes(view.status):
        return frozenset()
    return poll.holdings().ids()


def _made_by(job: ObservedJob, operation_id: str) -> bool:
    """Return whether it carries this operation's tag: a later one that adopts it changes that."""
    tags = job.tags or {}
    return ownership(job) is Ownership.OURS and tags.get(OPERATION) == operation_id
