"""Create and Update of a fleet: make the generation, then pass after pass until it is true.

The resource's id is the owner and never changes, so there is nothing to replace: a rollback is an
Update with the old properties, which makes the generation before the desired one again.
"""

from __future__ import annotations

from reconciler.core import contract
from reconciler.core.fleet.generation import OperationStatus, StateError
from reconciler.core.fleet_document import DocumentError
from reconciler.core.identity import Identity
from reconciler.core.objects import WriteConflict
from reconciler.core.planner import PlanError
from reconciler.core.policy import OnFailure
from reconciler.core.ports import Denied, Invalid, Transient
from reconciler.engine.lease import HeldLease, LeaseLost
from reconciler.engine.reconcile import (
    LEAST,
    Pass,
    PassOptions,
    is_accepted,
    nothing_left,
    settling,
)
from reconciler.engine.report import Report, failures_told
from reconciler.engine.state import MANIFEST
from reconciler.handler.answer import ResourceFailed
from reconciler.handler.fence import Superseded
from reconciler.handler.fleet.generation import adopt
from reconciler.handler.fleet.metrics import metrics
from reconciler.handler.fleet.run import PASS, FleetPoll
from reconciler.handler.fleet.superseded import after_superseded


def step(run: FleetPoll) -> dict[str, object]:
    """One poll. Raises ResourceFailed when the operation has failed for good."""
    try:
        return _advance(run)
    except Superseded:
        return after_superseded(run)
    except (LeaseLost, WriteConflict, Transient) as error:
        return _later(run, str(error))
    except (Denied, Invalid) as error:
        raise ResourceFailed(f"{error} (fleet {run.properties.owner.name})") from None
    except (DocumentError, PlanError, StateError) as error:
        raise ResourceFailed(f"{run.event.logical_id}: {error}") from None


def _advance(run: FleetPoll) -> dict[str, object]:
    run.fence().check()
    found = run.state.desired()
    if found is not None:
        match found[0].stance(run.event.request_id, run.timing.began):
            case OperationStatus.STALE:
                raise ResourceFailed("A later operation has taken over the fleet; this one ends.")
            case OperationStatus.NEWER:
                found = adopt(run, found)
            case OperationStatus.CURRENT:
                pass
    else:
        found = adopt(run, None)
    grip = run.grip(*found)
    grip.take()
    try:
        report = _pass(run, grip)
        return _answer(run, grip, report)
    finally:
        grip.release()


def _pass(run: FleetPoll, grip: HeldLease) -> Report:
    settings = grip.desired.settings
    order = PassOptions(
        until=min(run.now() + PASS, run.timing.deadline + LEAST),
        fail_fast=settings.on_failure is OnFailure.FAIL and not run.is_rollback(),
        again=False,
        spared=_spared(run, grip) if settings.prune and not run.is_rollback() else None,
    )
    work = Pass(run.ports, grip, run.event.region, run.properties.output_owner)
    made = work.make(run.declarations(grip.desired), frozenset(grip.desired.dropped), order)
    for line in metrics(run.properties.owner, made.report, made.seen, run.now()):
        run.ports.emit(line)
    return made.report


def _spared(run: FleetPoll, grip: HeldLease) -> frozenset[Identity]:
    """What the generation before declares: a rollback wants its records."""
    digest = grip.desired.previous[0]
    document = run.state.document(digest)
    return frozenset(each.identity for each in document.declarations(run.properties.owner))


def _answer(run: FleetPoll, grip: HeldLease, report: Report) -> dict[str, object]:
    counts = report.counts
    may_fail = not run.is_rollback() and grip.desired.settings.on_failure is OnFailure.FAIL
    if report.failures and may_fail:
        raise ResourceFailed(failures_told(report.failures, counts.total))
    waits_for = report.unsettled or settling(grip, run.now())
    done = nothing_left(report)
    if not run.properties.wait or run.is_rollback() or run.overdue():
        done = is_accepted(report)
    if done and not waits_for:
        return _complete(run, grip, report)
    if run.overdue():
        return _at_deadline(run, grip, report, waits_for)
    return run.pending(waits_for or f"{counts.completed} of {counts.total} are completed")


def _at_deadline(
    run: FleetPoll, grip: HeldLease, report: Report, waits_for: str
) -> dict[str, object]:
    """What was accepted goes on by itself, and with a schedule everything does."""
    if run.properties.continues or run.is_rollback() or is_accepted(report):
        return _complete(run, grip, report)
    waiting = report.counts.pending - report.counts.accepted
    why = report.done.quota or waits_for or next(iter(report.done.waits.values()), "")
    raise ResourceFailed(
        f"Not done within {int(run.properties.deadline.total_seconds())} seconds: {waiting} of "
        f"{report.counts.total} jobs were not accepted. {why} Raise the quota of compilation "
        "jobs, or add a ContinuousReconciliation, which goes on after a deployment."
    )


def _complete(run: FleetPoll, grip: HeldLease, report: Report) -> dict[str, object]:
    counts, manifest = report.counts, run.properties.folder + contract.MANIFEST_OBJECT
    return {
        "IsComplete": True,
        "PhysicalResourceId": run.properties.owner.name,
        "Data": {
            contract.TOTAL: str(counts.total),
            contract.COMPLETED: str(counts.completed),
            contract.FAILED: str(counts.failed),
            contract.PENDING: str(counts.pending),
            contract.MANIFEST_URI: f"s3://{run.properties.bucket}/{manifest}",
            contract.GENERATION: str(grip.desired.generation),
            contract.PLAN_DIGEST: report.digest,
        },
    }


def _later(run: FleetPoll, reason: str) -> dict[str, object]:
    """Pending; at the deadline a failure, since nothing is known of how far the fleet is.

    A rollback has to end: its generation is desired, and the next operation goes on from it.
    """
    if not run.overdue():
        return run.pending(reason)
    if run.is_rollback():
        return {"IsComplete": True, "PhysicalResourceId": run.properties.owner.name}
    raise ResourceFailed(f"Not done within the deadline: {reason}")
