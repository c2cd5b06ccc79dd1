"""Giving an operation up: its deadline has passed, or CloudFormation listens to it no longer."""

from __future__ import annotations

from reconciler.core.contract import GRACE, SETTLE
from reconciler.core.metric_names import DEADLINE
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ownership import OPERATION, Ownership, ownership
from reconciler.core.ports import Denied, Transient
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import StackPhase, phase_of
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import JobProperties


def give_up(poll: JobPoll, desired: JobProperties, reason: str) -> dict[str, object]:
    """The deadline has passed: stop what this operation runs and say why.

    If even that does not go through, it is tried again for 90 seconds.
    """
    try:
        _stop_own(poll, desired)
    except Transient as error:
        if poll.now() < poll.timing.deadline + GRACE:
            return poll.pending(f"stopping after the deadline: {error}")
    except Denied as error:
        reason = f"{reason}; stopping it failed: {error}"
    seconds = int((poll.timing.deadline - poll.timing.began).total_seconds())
    raise ResourceFailed(
        f"Not done within {seconds} seconds: {reason}. What this operation had started was "
        "stopped. Give it less to do, or do not wait for it (wait=False).",
        DEADLINE,
    )


def after_superseded(poll: JobPoll, desired: JobProperties) -> dict[str, object]:
    """CloudFormation listens to this request no longer: stop what it runs, and end.

    A create whose answer was lost may not be seen yet, so it is looked for as long as the stack
    is under way, and for SETTLE at least.
    """
    try:
        _stop_own(poll, desired)
        view = poll.stacks.stack(poll.event.stack_id)
    except Transient as error:
        return poll.pending(f"superseded, stopping what this request started: {error}")
    settled = view is None or phase_of(view.status) is StackPhase.SETTLED
    if poll.is_overdue() or (settled and poll.elapsed() >= SETTLE):
        raise ResourceFailed(
            "The stack went on to another operation; this request's job was stopped.", ""
        )
    return poll.pending("superseded, looking for what this request started")


def _stop_own(poll: JobPoll, desired: JobProperties) -> None:
    """Stop what this operation runs. A job that a later one adopted carries that one's tag."""
    for job in poll.gatherer().attempts(desired.declaration.identity):
        if job.phase is Phase.LIVE and _made_by(job, poll.event.request_id):
            poll.progress("stopping", job=job.name)
            poll.gateway.stop(job.name)
            poll.meter.count("JobsStopped")


def _made_by(job: ObservedJob, operation_id: str) -> bool:
    tags = job.tags or {}
    return ownership(job) is Ownership.OURS and tags.get(OPERATION) == operation_id
