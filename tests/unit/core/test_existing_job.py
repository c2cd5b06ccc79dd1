"""A declaration that names an existing job: satisfied while the job is so, and only read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.contradictions import PlanError, refuse_contradictions
from reconciler.core.declaration import Declaration
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.operation import Operation, PlanOptions
from reconciler.core.ownership import ownership_tags
from reconciler.core.plan import Await, Conflict, Create, Delete, Keep, Plan, Reject, Retag, Stop
from reconciler.core.planner import plan
from tests.unit.core.strategies import BEGAN, a_declaration, a_job, requests

OPERATION = Operation("op-2", BEGAN + timedelta(days=1))


def existing(declaration: Declaration, name: str = "their-job") -> Declaration:
    return replace(declaration, existing_job=name, exact_output=True)


def observed(
    declaration: Declaration, status: JobStatus = JobStatus.COMPLETED, **described: object
) -> ObservedJob:
    """Return the job that a declaration names, as Describe shows it."""
    name = declaration.existing_job or ""
    wire = {key: value for key, value in declaration.request.to_wire().items() if key != "Tags"}
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:compilation-job/{name}"
    return ObservedJob(name, arn, status, BEGAN, described={**wire, **described})


def planned(*declarations: Declaration, jobs: list[ObservedJob], **options: Any) -> Plan:
    return plan(declarations, jobs, OPERATION, PlanOptions(**options))


@given(requests, st.sampled_from(JobStatus), st.booleans())
def test_a_job_that_is_as_declared_is_kept_or_awaited_and_never_changed(
    request: Any, status: JobStatus, prune: bool
) -> None:
    declaration = existing(replace(a_declaration(), request=request))
    found = planned(declaration, jobs=[observed(declaration, status)], prune=prune)
    assert found.mutations == ()
    (decision,) = found.decisions
    assert isinstance(decision, Await if observed(declaration, status).is_under_way else Keep)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({"OutputConfig": {"S3OutputLocation": "s3://artifacts/neo", "TargetDevice": "ml_m5"}},
         'OutputConfig.TargetDevice: "ml_m5" -> "ml_c5"'),
        ({"RoleArn": "arn:aws:iam::1:role/Other"}, "RoleArn: "),
        ({"OutputConfig": {"S3OutputLocation": "s3://artifacts/neo"}},
         'OutputConfig.TargetDevice: null -> "ml_c5"'),
    ],
)  # fmt: skip
def test_what_differs_is_a_conflict_with_both_values(described: dict[str, Any], said: str) -> None:
    declaration = existing(a_declaration())
    (decision,) = planned(declaration, jobs=[observed(declaration, **described)]).actions
    assert isinstance(decision, Conflict)
    assert said in decision.reason


def test_what_the_service_adds_or_drops_is_no_conflict() -> None:
    condition = {"MaxRuntimeInSeconds": 900, "MaxWaitTimeInSeconds": 1000}
    declaration = existing(a_declaration(StoppingCondition=condition))
    output = {
        "S3OutputLocation": "s3://artifacts/neo/", "TargetDevice": "ml_c5", "KmsKeyId": "alias/x",
    }  # fmt: skip
    job = observed(declaration, StoppingCondition={"MaxRuntimeInSeconds": 900}, OutputConfig=output)
    (decision,) = planned(declaration, jobs=[job]).actions
    assert isinstance(decision, Keep)


def test_nothing_is_created_in_the_place_of_a_job_that_is_gone() -> None:
    (decision,) = planned(existing(a_declaration()), jobs=[]).actions
    assert isinstance(decision, Reject)
    assert "their-job does not exist" in decision.reason


def test_a_job_of_ours_that_is_named_as_existing_is_spared_by_everything() -> None:
    other = a_declaration("Another")
    live, ended = a_job(other, JobStatus.INPROGRESS), a_job(other, JobStatus.COMPLETED)
    assert isinstance(planned(jobs=[live]).actions[0], Stop)
    assert isinstance(planned(jobs=[ended], prune=True).actions[0], Delete)
    for job in (live, ended):
        wire = other.request.to_wire()
        declaration = existing(replace(a_declaration("Kept"), request=other.request), job.name)
        found = planned(declaration, jobs=[replace(job, described=wire)], prune=True)
        assert found.mutations == ()


def test_other_tags_of_an_existing_job_are_not_changed() -> None:
    tags = [{"Key": "team", "Value": "vision"}]
    declaration = existing(a_declaration(Tags=tags))
    job = replace(observed(declaration), tags={"team": "audio"})
    assert not any(isinstance(action, Retag) for action in planned(declaration, jobs=[job]).actions)


def test_without_the_name_the_declaration_is_managed_again() -> None:
    declaration = a_declaration()
    (decision,) = planned(declaration, jobs=[observed(existing(declaration))]).actions
    assert isinstance(decision, Create)


def test_two_existing_jobs_may_have_written_one_object_but_a_new_one_may_not() -> None:
    first = existing(a_declaration("one"), "first")
    second = existing(a_declaration("two"), "second")
    refuse_contradictions([first, second])
    with pytest.raises(PlanError, match="overwrite each other's artifact"):
        refuse_contradictions([first, replace(a_declaration("three"), exact_output=True)])


def test_an_existing_job_is_named_once_and_is_no_declared_one() -> None:
    first, second = existing(a_declaration("one")), existing(a_declaration("two"))
    with pytest.raises(PlanError, match="their-job"):
        refuse_contradictions([first, second])
    managed = a_declaration("managed")
    for attempt in (0, 3):
        named = existing(a_declaration("two"), str(managed.identity.attempt(attempt)))
        with pytest.raises(PlanError, match="is the job of managed"):
            refuse_contradictions([managed, named])


def test_the_identity_does_not_depend_on_it() -> None:
    declaration = a_declaration()
    assert replace(declaration, existing_job="x").identity == declaration.identity
    assert ownership_tags(declaration, declaration.identity.attempt(0), "op")


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED])
def test_an_existing_job_that_has_ended_is_kept_as_it_is(status: JobStatus) -> None:
    declaration = existing(a_declaration())
    job = observed(declaration, status)
    [decision] = planned(declaration, jobs=[job]).actions
    assert decision == Keep(declaration, job, f"the existing job is {status}")
