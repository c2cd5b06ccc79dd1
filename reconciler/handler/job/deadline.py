"""Ending an operation early: its deadline has passed, or CloudFormation no longer waits for it."""

from __future__ import annotations

from reconciler.core import metric_names
from reconciler.core.contract import GRACE, SETTLE
from reconciler.core.metric_names import DEADLINE
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import OPERATION, Ownership, ownership
from reconciler.core.ports import Denied, Transient
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase, phase_of
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import JobProperties


def end_at_deadline(poll: JobPoll, properties: JobProperties, reason: str) -> dict[str, object]:
    """Stop what this operation runs, since its deadline has passed, and say why.

    If that fails, it is tried again for 90 seconds.
    """
    try:
        _stop_own(poll, properties)
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
    """Stop what this request runs, since CloudFormation no longer waits for it, and end.

    A create whose answer was lost may not be seen yet, so it is looked for as long as the stack
    is under way, and for SETTLE at least.
    """
    try:
        _stop_own(poll, properties)
        view = poll.ports.stacks.stack(poll.event.stack_id)
    except Transient as error:
        return poll.pending(f"superseded, stopping what this request started: {error}")
    settled = view is None or phase_of(view.status) is StackPhase.SETTLED
    if poll.is_overdue() or (settled and poll.elapsed() >= SETTLE):
        raise ResourceFailed(
            "The stack went on to another operation; this request's job was stopped.", ""
        )
    return poll.pending("superseded, looking for what this request started")


def _stop_own(poll: JobPoll, properties: JobProperties) -> None:
    """Stop what this operation runs. A job that a later one adopted has that one's tag."""
    for job in poll.gatherer().attempts(properties.declaration.identity):
        if job.phase is Phase.LIVE and _made_by(job, poll.event.request_id):
            poll.ports.progress("stopping", job=job.name)
            poll.ports.gateway.stop(job.name)
            poll.meter.count(metric_names.JOBS_STOPPED)


def _made_by(job: ObservedJob, operation_id: str) -> bool:
    tags = job.tags or {}
    return ownership(job) is Ownership.OURS and tags.get(OPERATION) == operation_id
