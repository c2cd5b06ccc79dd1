"""A report, read off a plan: the entry of each declared job, the counts, and what runs besides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.completion import Failed, Pending
from reconciler.core.fleet.job_record import JobRecord, RecordState
from reconciler.core.fleet.manifest import Counts, ManifestEntry
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.plan import (
    Adopt,
    Await,
    Conflict,
    Create,
    Decision,
    Defer,
    Keep,
    NextAttempt,
    Plan,
    Reject,
)
from reconciler.engine.act import PassOutcome
from reconciler.engine.report import Report, report
from reconciler.engine.snapshot import FleetSnapshot
from tests.unit.core.strategies import BEGAN, a_declaration, a_job

ONE = a_declaration("one")
NAME = ONE.identity.attempt(0)
OTHER = a_job(a_declaration("gone"), JobStatus.INPROGRESS)


def described(status: JobStatus, **more: object) -> ObservedJob:
    job = a_job(ONE, status, reason="ClientError: Unable to untar", artifact_present=True)
    compiled = {
        "s3_model_artifacts": "s3://o/a.tar.gz",
        "artifact_digest": "sha",
        "inference_image": "image",
    }
    return replace(job, **compiled, **more)  # type: ignore[arg-type]


def told(decision: Decision, outcome: PassOutcome | None = None, **found: object) -> Report:
    snapshot = FleetSnapshot({ONE.identity: ONE}, {ONE.identity: []}, {})
    for key, value in found.items():
        setattr(snapshot, key, value)
    return report(snapshot, Plan.of([decision]), outcome or PassOutcome())


def record(state: RecordState, **more: str) -> dict[str, JobRecord]:
    return {str(NAME): JobRecord(state, BEGAN, **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize("decision", [Create(ONE, NAME, "declared")])
def test_a_creation_is_waiting_accepted_or_refused(decision: Create) -> None:
    waiting = told(decision)
    assert waiting.entries == {"one": ManifestEntry(str(NAME), "PENDING", reason="not created yet")}
    assert waiting.counts == Counts(total=1, pending=1)
    quota = told(decision, PassOutcome(quota="LimitExceeded: 50 jobs"))
    assert quota.entries["one"].reason == "LimitExceeded: 50 jobs"
    waits = told(decision, PassOutcome(quota="x", waits={str(NAME): "Throttled: slower"}))
    assert waits.entries["one"].reason == "Throttled: slower"
    accepted = told(decision, records=record(RecordState.CREATED, status="STARTING"))
    assert accepted.entries == {"one": ManifestEntry(str(NAME), "STARTING")}
    assert accepted.counts == Counts(total=1, pending=1, accepted=1)
    refused = told(decision, records=record(RecordState.REFUSED, reason="no such device"))
    assert refused.entries["one"] == ManifestEntry(str(NAME), "REFUSED", reason="no such device")
    assert refused.counts == Counts(total=1, failed=1)
    assert (refused.failures, refused.classes) == ({"one": "no such device"}, {"refused": 1})
    taken = told(decision, records=record(RecordState.TAKEN, reason="in use"))
    assert taken.entries["one"].status == "PENDING"


def test_a_further_attempt_is_reported_as_a_first_one_is() -> None:
    job = described(JobStatus.FAILED)
    name = ONE.identity.attempt(1)
    found = told(NextAttempt(ONE, name, job, "again"))
    assert found.entries == {"one": ManifestEntry(str(name), "PENDING", reason="not created yet")}


def test_a_compiled_job_shows_what_it_compiled() -> None:
    job = described(JobStatus.COMPLETED)
    found = told(Keep(ONE, job, "compiled"))
    entry = ManifestEntry(job.name, "COMPLETED", "s3://o/a.tar.gz", "sha", "image")
    assert found.entries == {"one": entry}
    assert found.counts == Counts(total=1, completed=1)
    assert found.is_finished
    assert found.is_accepted


def test_a_compiled_job_whose_tags_could_not_be_changed_has_failed() -> None:
    job = described(JobStatus.COMPLETED)
    denied = Failed("AccessDenied: AddTags", kind="permission")
    found = told(Keep(ONE, job, "compiled"), PassOutcome(failures={job.name: denied}))
    assert found.entries["one"].reason == "AccessDenied: AddTags"
    assert found.entries["one"].artifact == "s3://o/a.tar.gz"
    assert found.classes == {"permission": 1}
    assert found.undeclared_failures == {}


def test_a_failed_job_shows_its_reason_and_what_to_do() -> None:
    job = described(JobStatus.FAILED)
    found = told(Keep(ONE, job, "it FAILED, and no retries are left"))
    reason = found.failures["one"]
    assert reason.startswith(f"Compilation job {job.name} FAILED: ClientError: Unable to untar.")
    assert found.entries["one"] == ManifestEntry(job.name, "FAILED", reason=reason)
    assert found.classes == {"input": 1}
    assert found.counts == Counts(total=1, failed=1)


@pytest.mark.parametrize("kind", [Await, Adopt])
def test_a_job_under_way_is_accepted(kind: type[Await | Adopt]) -> None:
    job = described(JobStatus.INPROGRESS)
    found = told(kind(ONE, job, "it is INPROGRESS"))
    assert found.entries["one"] == ManifestEntry(
        job.name, "INPROGRESS", "s3://o/a.tar.gz", "sha", "image"
    )
    assert found.counts == Counts(total=1, pending=1, accepted=1)
    assert found.is_accepted
    assert not found.is_finished


def test_a_job_that_waits_for_an_older_generation_is_not_accepted() -> None:
    found = told(Await(ONE, OTHER, "an older generation must end first"))
    waiting = ManifestEntry(str(ONE.identity), "PENDING", reason="waiting")
    assert found.entries == {"one": waiting}
    assert found.counts == Counts(total=1, pending=1)
    assert not found.is_accepted


def test_a_job_that_is_not_ours_is_a_conflict() -> None:
    job = described(JobStatus.COMPLETED)
    found = told(Conflict(ONE, job, "a job that is not ours has this name"))
    reason = "a job that is not ours has this name"
    assert found.entries == {"one": ManifestEntry(job.name, "CONFLICT", reason=reason)}
    assert found.classes == {"conflict": 1}


def test_a_request_that_was_refused_is_not_pending() -> None:
    found = told(Reject(ONE, NAME, "no such device"))
    refused = ManifestEntry(str(NAME), "REFUSED", reason="no such device")
    assert found.entries == {"one": refused}
    assert found.classes == {"refused": 1}


def test_a_job_that_could_not_be_read_yet_is_pending_with_what_is_known() -> None:
    defer = Defer(ONE, NAME, "Throttled")
    unknown = told(defer, unread={ONE.identity: Pending("Throttled")})
    waiting = ManifestEntry(str(NAME), "PENDING", reason="waiting")
    assert unknown.entries == {"one": waiting}
    live, ended = described(JobStatus.INPROGRESS), described(JobStatus.COMPLETED)
    known = told(defer, attempts={ONE.identity: [ended, live]})
    assert known.entries["one"].status == "INPROGRESS"
    assert known.counts.accepted == 1
    failed = told(defer, attempts={ONE.identity: [described(JobStatus.FAILED)]})
    assert failed.entries["one"].status == "FAILED"
    assert failed.counts == Counts(total=1, pending=1)


def test_a_job_that_may_not_be_read_has_failed() -> None:
    defer = Defer(ONE, NAME, "AccessDenied")
    denied = {ONE.identity: Failed("AccessDenied", kind="permission")}
    nothing = told(defer, unread=denied)
    assert nothing.entries == {"one": ManifestEntry(str(NAME), "PENDING", reason="AccessDenied")}
    known = told(defer, unread=denied, attempts={ONE.identity: [described(JobStatus.COMPLETED)]})
    assert known.entries["one"].status == "COMPLETED"
    assert known.entries["one"].reason == "AccessDenied"
    assert known.classes == {"permission": 1}


def test_undeclared_jobs_are_told_apart() -> None:
    keep = Keep(ONE, described(JobStatus.COMPLETED), "compiled")
    outcome = PassOutcome(failures={OTHER.name: Failed("Denied: Stop")})
    second = a_job(a_declaration("more"), JobStatus.STOPPING)
    found = told(keep, outcome, under_way=[OTHER, second], failures={"team-x": Failed("Denied")})
    assert found.undeclared_failures == {OTHER.name: "Denied: Stop", "team-x": "Denied"}
    assert found.unsettled == f"2 undeclared jobs must end, {OTHER.name} first"
    assert not found.is_finished
    assert not found.is_accepted
    assert found.outcome is outcome
    assert found.digest == Plan.of([keep]).digest


def test_jobs_add_up() -> None:
    two, three = a_declaration("two"), a_declaration("three")
    snapshot = FleetSnapshot(
        {each.identity: each for each in (ONE, two, three)},
        {ONE.identity: [], two.identity: [], three.identity: []}, {},
    )  # fmt: skip
    plan = Plan.of(
        [Await(each, a_job(each, JobStatus.INPROGRESS), "it is INPROGRESS") for each in (ONE, two)]
        + [Reject(three, three.identity.attempt(0), "no")]
    )
    found = report(snapshot, plan, PassOutcome())
    assert found.counts == Counts(total=3, failed=1, pending=2, accepted=2)
    assert list(found.entries) == [each.declaration.logical_name for each in plan.decisions]
