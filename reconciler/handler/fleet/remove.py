"""Delete: nothing of the fleet runs any more; by the owner's prefix and tags, never a document.

A tombstone (a generation that declares nothing) goes first: every other actor ends on it. Then
each live job is stopped and waited for, finished records go if the policy says so, and the state
goes last.
"""

from __future__ import annotations

from reconciler.core.fleet.generation import FleetGeneration, OperationStatus, StateError
from reconciler.core.objects import NEW, WriteConflict
from reconciler.core.ports import Denied, Invalid, Transient
from reconciler.engine.act import Actor
from reconciler.engine.backoff import Pace
from reconciler.engine.gather import FleetGatherer
from reconciler.engine.lease import Lease, LeaseLost, NoLease
from reconciler.engine.reconcile import settling
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.handler.answer import ResourceFailed
from reconciler.handler.fence import StackPhase, phase_of, whole_stack_goes
from reconciler.handler.fleet.decide import deletions, stops
from reconciler.handler.fleet.run import PASS, FleetPoll


def step(run: FleetPoll) -> dict[str, object]:
    """One poll. Raises ResourceFailed only where live jobs cannot be stopped."""
    try:
        if _is_stale(run):
            run.ports.log("stale delete ignored", request_id=run.event.request_id)
            return {"IsComplete": True}
        left = clear(run, records=run.properties.destroy)
        if not left:
            _erase(run)
            return {"IsComplete": True}
    except (LeaseLost, WriteConflict, Transient) as error:
        left = str(error)
    except (Denied, Invalid) as error:
        raise ResourceFailed(
            f"{error} Jobs of {run.properties.owner.name} may still run."
        ) from None
    if run.overdue():
        raise ResourceFailed(f"{left} Jobs of {run.properties.owner.name} may still run.")
    return run.pending(left)


def clearing(run: FleetPoll) -> str:
    """The operation that a tombstone of this run carries."""
    return f"{run.event.request_id}/clear"


def clear(run: FleetPoll, *, records: bool) -> str:
    """Stop everything of the fleet. What has still to happen; empty if nothing is left.

    Args:
        run: The poll.
        records: Whether finished jobs' records are deleted too.

    Where the state cannot be reached or read, prefix and tags must do.

    Raises LeaseLost if another actor has the fleet, Transient, Denied, Invalid.
    """
    try:
        desired, version = _tombstone(run)
    except (Denied, Invalid, StateError) as error:
        run.ports.log("state out of reach", error=str(error))
        unknown = FleetGeneration(
            0, clearing(run), run.timing.began, "", inherited=run.timing.began
        )
        return _sweep(run, NoLease(unknown), records)
    grip = run.grip(desired, version, outlives_stack=True)
    grip.still_allowed = _always
    grip.take()
    try:
        return _sweep(run, grip, records)
    finally:
        grip.release()


def _sweep(run: FleetPoll, grip: Lease, records: bool) -> str:
    pace = Pace(run.ports.clock, run.ports.pause, run.now() + PASS)
    gatherer = FleetGatherer(run.ports, run.properties.owner, pace)
    seen = gatherer.gather((), {})
    actor = Actor(
        run.ports, grip, pace, grip.desired.operation, run.event.region, seen,
        run.timing.began, fail_fast=False,
    )  # fmt: skip
    actor.act(stops(seen.under_way))
    if seen.under_way:
        return f"{len(seen.under_way)} jobs must end, {seen.under_way[0].name} first"
    if waits := settling(grip, run.now()):
        return waits
    if not records or run.overdue():
        return ""
    return _delete_records(gatherer, actor, seen)


def _delete_records(gatherer: FleetGatherer, actor: Actor, seen: FleetSnapshot) -> str:
    finished = gatherer.with_tags(seen.finished)
    actor.act(deletions(finished))
    unread = any(job.tags is None for job in finished)
    deleted = actor.done.counts.get("delete", 0)
    if unread or deleted < len(deletions(finished).actions):
        return "records of finished jobs are still to be deleted"
    return ""


def _tombstone(run: FleetPoll) -> tuple[FleetGeneration, str]:
    """The generation that declares nothing, made by this operation or found."""
    operation = clearing(run)
    following = FleetGeneration(1, operation, run.timing.began, document="")
    found = run.state.desired()
    if found is None:
        return following, run.state.point(following, NEW)
    if found[0].operation == operation or not found[0].document:
        return found
    if found[0].stance(operation, run.timing.began) is OperationStatus.STALE:
        raise LeaseLost("a later operation has taken over the fleet")
    following = found[0].succeeded_by(following)
    return following, run.state.point(following, found[1])


def _erase(run: FleetPoll) -> None:
    try:
        found = run.state.desired()
        if found is None or not found[0].document:
            run.state.erase(found[0] if found else None, manifest=run.properties.destroy)
    except StateError:
        run.state.erase(None, manifest=run.properties.destroy)
    except (Denied, Invalid) as error:
        run.ports.log("state not deleted", error=str(error))


def _always() -> None:
    """A Delete acts in every phase of the stack."""


def _is_stale(run: FleetPoll) -> bool:
    """Whether it was delivered late: the resource is being created or updated again."""
    event, stacks = run.event, run.ports.stacks
    try:
        found = run.state.desired()
    except (Denied, Invalid, StateError):  # then the stack alone tells
        found = None
    if (
        found is not None
        and found[0].stance(clearing(run), run.timing.began) is OperationStatus.STALE
    ):
        return True
    view = stacks.stack(event.stack_id)
    if view is None or whole_stack_goes(view.status):
        return False
    resource = stacks.resource(event.stack_id, event.logical_id)
    return (
        resource is not None
        and phase_of(view.status) in {StackPhase.FORWARD, StackPhase.ROLLBACK}
        and resource.status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
    )
