"""Delete: end every job of the fleet; by the owner's prefix and tags, never by a document.

A generation that declares nothing is written first: every other actor ends on it. Then passes
over it stop each live job and wait for it, finished records are deleted if the removal policy
says so, and the state is deleted last.
"""

from __future__ import annotations

from reconciler.core.completion import Failed, Pending
from reconciler.core.contract import IAM_LAG, SETTLE
from reconciler.core.fleet.generation import FleetGeneration, OperationStatus, StateError
from reconciler.core.objects import NEW
from reconciler.core.operation import Operation
from reconciler.core.ports import Denied, Invalid, PortError
from reconciler.engine.lease import Lease, LeaseLost, NoLease
from reconciler.engine.manifest_store import NoManifest
from reconciler.engine.reconcile import DesiredState, PassOptions, Reconciler
from reconciler.engine.state import StoredGeneration
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import whole_stack_goes
from reconciler.handler.fleet.poll import PASS, FleetPoll


def step(poll: FleetPoll) -> dict[str, object]:
    """Make one poll. Raises ResourceFailed only if live jobs cannot be stopped."""
    try:
        is_superseded = _is_superseded(poll)
        if is_superseded or _is_late(poll):
            if not is_superseded and poll.elapsed() < SETTLE:
                return poll.pending("the stack deletes nothing now: looking again")
            poll.ports.progress("late delete ignored", request_id=poll.event.request_id)
            return {"IsComplete": True}
        left = clear(poll, records=poll.properties.destroy)
        if left is None:
            _erase(poll)
            return {"IsComplete": True}
    except LeaseLost as error:
        left = Pending(str(error))
    except PortError as error:
        left = poll.outcome_of(error)
    if isinstance(left, Pending) and not poll.is_overdue():
        return poll.pending(left.reason)
    raise ResourceFailed(f"{left.reason} Jobs of {poll.properties.owner.name} may still run.")


def removal_of(poll: FleetPoll) -> str:
    """Return the operation that this poll's empty generation carries."""
    return f"{poll.event.request_id}/clear"


def clear(poll: FleetPoll, *, records: bool) -> Pending | Failed | None:
    """Make a pass that ends every job of the fleet; return what is left to do, or None.

    Args:
        poll: The poll.
        records: Whether finished jobs' records are deleted too.

    Where the state cannot be reached or read, prefix and tags must do.

    Raises LeaseLost if another actor holds the fleet, and PortError.
    """
    try:
        stored = _empty_generation(poll)
    except (Denied, Invalid, StateError) as error:
        if isinstance(error, Denied) and poll.elapsed() <= IAM_LAG:
            raise
        poll.ports.progress("state out of reach", error=str(error))
        began = poll.timing.began
        unknown = FleetGeneration(0, removal_of(poll), began, "", earlier_creates_until=began)
        return _pass(poll, unknown, NoLease(), records)
    with poll.lease(stored, lambda: None) as lease:  # it goes on whatever the stack does
        return _pass(poll, lease.generation, lease, records)


def _pass(
    poll: FleetPoll, generation: FleetGeneration, lease: Lease, records: bool
) -> Pending | Failed | None:
    owner = poll.properties.owner
    operation = Operation(generation.operation, poll.timing.began)
    desired = DesiredState(owner, (), operation, poll.event.region)
    options = PassOptions(until=poll.now() + PASS, prune=records and not poll.is_overdue())
    made = Reconciler(poll.ports, lease, NoManifest(owner)).reconcile(desired, options)
    for name, reason in made.report.undeclared_failures.items():
        return Failed(f"{name}: {reason}")
    if left := made.report.unsettled or poll.settling(generation):
        return Pending(left)
    if made.unpruned:
        return Pending(f"{made.unpruned} finished records are still to be deleted")
    return None


def _empty_generation(poll: FleetPoll) -> StoredGeneration:
    """Return the generation that declares nothing, written by this operation or found."""
    operation = removal_of(poll)
    following = FleetGeneration(1, operation, poll.timing.began, document="")
    found = poll.state.generation()
    if found is None:
        return StoredGeneration(following, poll.state.write_generation(following, NEW))
    generation, version = found
    if generation.operation == operation or not generation.document:
        return found
    if generation.status_of(operation, poll.timing.began) is OperationStatus.SUPERSEDED:
        raise LeaseLost("a later operation has taken over the fleet")
    following = generation.succeeded_by(following)
    return StoredGeneration(following, poll.state.write_generation(following, version))


def _erase(poll: FleetPoll) -> None:
    manifest = poll.properties.destroy
    try:
        found = poll.state.generation()
        if found is None or not found.generation.document:
            poll.state.erase(found.generation if found else None, manifest=manifest)
    except StateError:
        poll.state.erase(None, manifest=manifest)
    except (Denied, Invalid) as error:
        poll.ports.progress("state not deleted", error=str(error))


def _is_superseded(poll: FleetPoll) -> bool:
    """Return whether a later operation has the fleet."""
    try:
        found = poll.state.generation()
    except (Denied, Invalid, StateError):  # the stack alone must do
        return False
    if found is None:
        return False
    status = found.generation.status_of(removal_of(poll), poll.timing.began)
    return status is OperationStatus.SUPERSEDED


def _is_late(poll: FleetPoll) -> bool:
    """Return whether it was delivered late, or not sent by CloudFormation at all."""
    view = poll.ports.stacks.stack(poll.event.stack_id)
    if view is None or whole_stack_goes(view.status):
        return False
    holdings = poll.holdings()
    if holdings.is_requested or not poll.is_delete_due(view, holdings):
        return True
    return poll.event.physical_id in holdings.ids_of_others()  # its logical id has changed
