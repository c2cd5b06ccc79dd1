"""Create and Update of a fleet: write the generation, then pass after pass until it is reached.

The resource's id is the owner and never changes, so there is nothing to replace: a rollback is an
Update with the old properties, which makes the generation before the desired one again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.core import contract
from reconciler.core.completion import Failed, Pending
from reconciler.core.contract import ACCEPTED, OnFailure
from reconciler.core.contradictions import PlanError
from reconciler.core.fleet.document import DocumentError
from reconciler.core.fleet.generation import (
    FleetGeneration,
    StateError,
)
from reconciler.core.identity import Identity
from reconciler.core.ports import PortError
from reconciler.engine.generation import desired_state
from reconciler.engine.lease import HeldLease, LeaseLost
from reconciler.engine.reconcile import MIN_ACTING, PassOptions, Reconciler
from reconciler.engine.report import Report
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.fence import Superseded
from reconciler.handler.fleet.generation import declare, declared
from reconciler.handler.fleet.metrics import metrics
from reconciler.handler.fleet.poll import PASS, FleetPoll
from reconciler.handler.fleet.superseded import after_superseded

SHOWN_FAILURES: Final = 5


def step(poll: FleetPoll) -> dict[str, object]:
    """Make one poll. Raises ResourceFailed when the operation has failed for good."""
    try:
        return _advance(poll)
    except Superseded:
        return after_superseded(poll)
    except LeaseLost as error:
        return _later(poll, str(error))
    except PortError as error:
        match poll.outcome_of(error):
            case Pending(reason):
                return _later(poll, reason)
            case Failed() as failed:
                raise ResourceFailed(f"{failed} (fleet {poll.properties.owner.name})") from None
    except (DocumentError, PlanError, StateError) as error:
        raise ResourceFailed(f"{poll.event.logical_id}: {error}") from None


def _advance(poll: FleetPoll) -> dict[str, object]:
    view = poll.fence().check_change()
    stored = poll.state.generation()
    stored = declare(poll, None) if stored is None else declared(poll, view, stored)
    with poll.lease(stored, poll.fence().check) as lease:
        report = _reconcile(poll, lease)
        return _answer(poll, lease.generation, report)


def _reconcile(poll: FleetPoll, lease: HeldLease) -> Report:
    generation = lease.generation
    prune = generation.settings.prune and not poll.is_rollback()
    desired = desired_state(
        poll.state, generation, region=poll.event.region, bucket_owner=poll.properties.output_owner
    )
    options = PassOptions(
        until=min(poll.now() + PASS, poll.timing.deadline + MIN_ACTING),
        fail_fast=_fails(poll, generation),
        prune=prune,
        protected=_previous(poll, generation) if prune else frozenset(),
    )
    made = Reconciler(poll.ports, lease, poll.state).reconcile(desired, options)
    for line in metrics(poll.properties.owner, made.report, made.snapshot, poll.now()):
        poll.ports.emit(line)
    return made.report


def _previous(poll: FleetPoll, generation: FleetGeneration) -> frozenset[Identity]:
    """Return what the generation before declares: a rollback wants its records."""
    document = poll.state.document(generation.previous[0])
    return frozenset(each.identity for each in document.declarations(poll.properties.owner))


def _fails(poll: FleetPoll, generation: FleetGeneration) -> bool:
    """Return whether a job's failure fails the deployment; a rollback has to end."""
    return generation.settings.on_failure is OnFailure.FAIL and not poll.is_rollback()


def _answer(poll: FleetPoll, generation: FleetGeneration, report: Report) -> dict[str, object]:
    counts = report.counts
    if _fails(poll, generation):
        if report.failures:
            raise ResourceFailed(_first_failures(report.failures, counts.total))
        if report.undeclared_failures:
            raise ResourceFailed(_undeclared_failures(report.undeclared_failures))
    waits_for = report.unsettled or poll.settling(generation)
    done = report.is_finished
    if not poll.properties.wait or poll.is_rollback() or poll.is_overdue():
        done = report.is_accepted
    if done and not waits_for and counts.pending and poll.elapsed() < ACCEPTED:
        waits_for = "the framework may have failed this request unseen"
    if done and not waits_for:
        return _complete(poll, generation, report)
    if poll.is_overdue():
        return _at_deadline(poll, generation, report, waits_for)
    return poll.pending(waits_for or f"{counts.completed} of {counts.total} are completed")


def _at_deadline(
    poll: FleetPoll, generation: FleetGeneration, report: Report, waits_for: str
) -> dict[str, object]:
    """Succeed if all jobs were accepted, or a schedule continues with the rest."""
    if poll.properties.continues or poll.is_rollback() or report.is_accepted:
        return _complete(poll, generation, report)
    waiting = report.counts.pending - report.counts.accepted
    outcome = report.outcome
    why = outcome.quota or waits_for or next(iter(outcome.waits.values()), "")
    raise ResourceFailed(
        f"Timed out after {int(poll.properties.deadline.total_seconds())} s: {waiting} of "
        f"{report.counts.total} jobs were not accepted. {why} Raise the quota of compilation "
        "jobs, or add a ContinuousReconciliation, which continues after a deployment."
    )


def _first_failures(failures: Mapping[str, str], total: int) -> str:
    shown = [f"{name}: {failures[name]}" for name in sorted(failures)[:SHOWN_FAILURES]]
    more = len(failures) - len(shown)
    tail = f" And {more} more; see the manifest." if more else ""
    return f"{len(failures)} of {total} jobs failed. " + " ".join(shown) + tail


def _undeclared_failures(failures: Mapping[str, str]) -> str:
    name = min(failures)
    return f"Jobs that are no longer declared could not be ended: {name}: {failures[name]}"


def _complete(poll: FleetPoll, generation: FleetGeneration, report: Report) -> dict[str, object]:
    counts, properties = report.counts, poll.properties
    manifest = properties.folder + contract.MANIFEST_OBJECT
    return {
        "IsComplete": True,
        "PhysicalResourceId": properties.owner.name,
        "Data": {
            contract.TOTAL: str(counts.total),
            contract.COMPLETED: str(counts.completed),
            contract.FAILED: str(counts.failed),
            contract.PENDING: str(counts.pending),
            contract.MANIFEST_URI: f"s3://{properties.bucket}/{manifest}",
            contract.GENERATION: str(generation.generation),
            contract.PLAN_DIGEST: report.digest,
            **_unverified(report),
        },
    }


def _unverified(report: Report) -> dict[str, str]:
    """Return the attribute that only a fleet has whose artifacts are verified."""
    found = report.unverified
    return {} if found is None else {contract.UNVERIFIED: str(len(found))}


def _later(poll: FleetPoll, reason: str) -> dict[str, object]:
    """Answer pending; at the deadline fail, since nothing is known of how far the fleet is.

    A rollback has to end: its generation is desired, and the next operation continues from it.
    """
    if not poll.is_overdue():
        return poll.pending(reason)
    if poll.is_rollback():
        return {"IsComplete": True, "PhysicalResourceId": poll.properties.owner.name}
    raise ResourceFailed(f"Timed out at the deadline: {reason}")
