"""What the planner decides: one case a rule, and what holds for every input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.contract import IAM_LAG, NAME_TAKEN
from reconciler.core.contradictions import PlanError
from reconciler.core.declaration import Declaration
from reconciler.core.fields import ROLE_ARN
from reconciler.core.identity import MAX_ATTEMPT, Owner
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.operation import Memory, Operation, PlanOptions, Rejection
from reconciler.core.plan import (
    Action,
    Adopt,
    Await,
    Conflict,
    Create,
    Defer,
    Delete,
    Keep,
    NextAttempt,
    Plan,
    Reject,
    Retag,
    Stop,
    job_name,
    kind,
)
from reconciler.core.planner import plan
from tests.unit.core.strategies import BEGAN, a_declaration, a_job, declarations

NOW = Operation("op-1", BEGAN)
EARLIER = BEGAN - timedelta(days=3)
DECLARED = a_declaration()
OTHER_ROLE = {ROLE_ARN: "arn:aws:iam::111122223333:role/Another"}
SYSTEM = "InternalServerError: please contact amazon-neo-feedback"
USER = "ClientError: InputConfiguration: Unable to untar input model"


def decided(
    *jobs: ObservedJob, declaration: Declaration = DECLARED, options: PlanOptions | None = None
) -> list[Action]:
    return list(plan([declaration], jobs, NOW, options or PlanOptions()).actions)


def the(action_kind: str, actions: Sequence[Action]) -> Action:
    (action,) = [action for action in actions if kind(action) == action_kind]
    return action


def test_what_does_not_exist_is_created() -> None:
    assert [kind(action) for action in decided()] == ["create"]


def test_a_completed_job_is_kept_whoever_made_it() -> None:
    job = a_job(DECLARED, JobStatus.COMPLETED, operation="long-ago", created=EARLIER)
    assert decided(job) == [Keep(DECLARED, job, "compiled")]


def test_a_completed_job_without_its_artifact_is_compiled_again_under_the_next_name() -> None:
    job = a_job(
        DECLARED, JobStatus.COMPLETED, artifact_present=False, operation="op-0", created=EARLIER
    )
    action = the("next attempt", decided(job))
    assert job_name(action) == str(DECLARED.identity.attempt(1))


def test_an_artifact_that_this_operation_never_finds_is_not_compiled_over_and_over() -> None:
    job = a_job(DECLARED, JobStatus.COMPLETED, artifact_present=False)
    assert isinstance(decided(job)[0], Keep)


@pytest.mark.parametrize("status", [JobStatus.STARTING, JobStatus.INPROGRESS])
def test_an_own_live_job_is_awaited_and_anothers_adopted(status: JobStatus) -> None:
    assert isinstance(decided(a_job(DECLARED, status))[0], Await)
    assert isinstance(decided(a_job(DECLARED, status, operation="op-0"))[0], Adopt)


def test_a_job_that_is_being_stopped_is_awaited_before_its_name_is_passed_on() -> None:
    job = a_job(DECLARED, JobStatus.STOPPING, operation="op-0", created=EARLIER)
    assert isinstance(decided(job)[0], Await)


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED])
def test_failures_of_earlier_operations_are_history(status: JobStatus) -> None:
    job = a_job(DECLARED, status, operation="op-0", created=EARLIER, reason=USER)
    assert isinstance(decided(job)[0], NextAttempt)


def test_a_failure_with_other_settings_is_history_even_within_the_operation() -> None:
    before = replace(
        DECLARED, request=DECLARED.request.changed({ROLE_ARN: "arn:aws:iam::1:role/x"})
    )
    assert before.identity == DECLARED.identity
    job = a_job(before, JobStatus.FAILED, reason=USER)
    assert isinstance(decided(job)[0], NextAttempt)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(JobStatus.FAILED, USER), (JobStatus.FAILED, "TimeOut"), (JobStatus.STOPPED, "")],
)
def test_failures_that_will_come_again_are_not_retried(status: JobStatus, reason: str) -> None:
    action = decided(a_job(DECLARED, status, reason=reason))[0]
    assert isinstance(action, Keep)
    assert "no retries are left" in action.reason


def test_the_services_own_failures_are_retried_as_often_as_the_policy_says() -> None:
    first = a_job(DECLARED, JobStatus.FAILED, reason=SYSTEM)
    second = a_job(DECLARED, JobStatus.FAILED, attempt=1, reason=SYSTEM)
    assert isinstance(decided(first, options=PlanOptions(retries=0))[0], Keep)
    assert isinstance(decided(first, options=PlanOptions(retries=1))[0], NextAttempt)
    assert isinstance(decided(first, second, options=PlanOptions(retries=1))[0], Keep)
    assert isinstance(decided(first, second, options=PlanOptions(retries=2))[0], NextAttempt)


def test_nothing_is_retried_when_no_time_is_left() -> None:
    job = a_job(DECLARED, JobStatus.FAILED, reason=SYSTEM)
    late = replace(NOW, may_retry=False)
    assert isinstance(plan([DECLARED], [job], late, PlanOptions()).actions[0], Keep)


@pytest.mark.parametrize(("after", "expected"), [(IAM_LAG, NextAttempt), (2 * IAM_LAG, Keep)])
def test_a_permission_failure_is_retried_only_while_iam_may_lag(
    after: timedelta, expected: type
) -> None:
    job = a_job(DECLARED, JobStatus.FAILED, reason="AccessDenied", created=BEGAN + after)
    assert isinstance(decided(job)[0], expected)


def test_after_the_last_attempt_there_is_no_other() -> None:
    job = a_job(DECLARED, JobStatus.FAILED, attempt=MAX_ATTEMPT, operation="x", created=EARLIER)
    assert isinstance(decided(job)[0], Keep)


def test_a_job_that_is_not_ours_is_a_conflict_and_left_alone() -> None:
    job = replace(a_job(DECLARED, JobStatus.INPROGRESS), tags={"neo:owner": "somebody"})
    actions = decided(job, options=PlanOptions(prune=True))
    assert [type(action) for action in actions] == [Conflict]


def test_a_live_job_that_nobody_declares_is_stopped_and_its_successor_waits() -> None:
    older = a_declaration(InputConfig={"S3Uri": "s3://models/old.tar.gz", "Framework": "ONNX"})
    job = a_job(older, JobStatus.INPROGRESS, operation="op-0", created=EARLIER)
    actions = decided(job)
    assert the("stop", actions) == Stop(job, "no declaration names it")
    assert isinstance(the("await", actions), Await)


def test_the_old_job_of_an_update_is_cloudformations_until_the_cleanup() -> None:
    older = a_declaration(InputConfig={"S3Uri": "s3://models/old.tar.gz", "Framework": "ONNX"})
    job = a_job(older, JobStatus.INPROGRESS, operation="op-0", created=EARLIER)
    chosen = plan([DECLARED], [job], NOW, PlanOptions(protected=frozenset({older.identity})))
    assert [kind(action) for action in chosen.actions] == ["create"]


def test_finished_records_are_deleted_only_where_pruning_is_asked_for() -> None:
    other = a_job(a_declaration("Stack/Gone"), JobStatus.COMPLETED, operation="op-0")
    assert [kind(action) for action in decided(other)] == ["create"]
    pruned = the("delete", decided(other, options=PlanOptions(prune=True)))
    assert isinstance(pruned, Delete)


def test_an_unneeded_further_attempt_is_stopped_when_the_artifact_is_there() -> None:
    done = a_job(DECLARED, JobStatus.COMPLETED, artifact_present=True)
    extra = a_job(DECLARED, JobStatus.INPROGRESS, attempt=1)
    assert {kind(action) for action in decided(done, extra)} == {"keep", "stop"}


def test_tags_are_changed_in_place_and_only_declared_ones() -> None:
    tagged = a_declaration(Tags=[{"Key": "team", "Value": "vision"}])
    job = a_job(a_declaration(), JobStatus.COMPLETED)
    job = replace(job, tags={**(job.tags or {}), "theirs": "x", "old": "y"})
    chosen = plan([tagged], [job], NOW, PlanOptions(dropped_tags=frozenset({"old", "team"})))
    retag = the("retag", chosen.actions)
    assert isinstance(retag, Retag)
    assert (retag.to_set, retag.to_remove) == ((("team", "vision"),), ("old",))


def test_changed_settings_are_a_note_and_no_change() -> None:
    before = replace(
        DECLARED, request=DECLARED.request.changed({ROLE_ARN: "arn:aws:iam::1:role/x"})
    )
    chosen = plan([DECLARED], [a_job(before, JobStatus.COMPLETED)], NOW, PlanOptions())
    (keep,) = chosen.actions
    assert isinstance(keep, Keep)
    assert "next compile" in keep.notes[0]
    assert chosen.mutations == ()


def test_one_name_declared_twice_is_refused() -> None:
    with pytest.raises(PlanError, match="declared more than once: Stack/Resnet"):
        plan([DECLARED, a_declaration(Tags=[])], [], NOW, PlanOptions())


def test_two_exact_outputs_that_would_overwrite_each_other_are_refused() -> None:
    one = replace(a_declaration("one"), exact_output=True)
    other = replace(a_declaration("other"), exact_output=True)
    with pytest.raises(PlanError, match="one and other would overwrite"):
        plan([one, other], [], NOW, PlanOptions())


def _family(names: list[str]) -> list[Declaration]:
    return [a_declaration(name) for name in names]


families = st.lists(st.sampled_from([f"S/job{n}" for n in range(6)]), unique=True).map(_family)
statuses = st.sampled_from(JobStatus)


@st.composite
def accounts(draw: st.DrawFn) -> list[ObservedJob]:
    jobs = []
    for declaration in draw(families):
        for attempt in range(draw(st.integers(0, 2)) + 1):
            jobs.append(
                a_job(
                    declaration,
                    draw(statuses),
                    attempt=attempt,
                    operation=draw(st.sampled_from(["op-1", "op-0"])),
                    created=draw(st.sampled_from([EARLIER, BEGAN + timedelta(seconds=9)])),
                    reason=draw(st.sampled_from([SYSTEM, USER, ""])),
                )
            )
    return jobs


def applied(chosen: Plan, jobs: list[ObservedJob]) -> list[ObservedJob]:
    """Return the account after a plan was applied and everything that runs has completed."""
    by_name = {job.name: job for job in jobs}
    for action in chosen.mutations:
        match action:
            case Create(declaration, name) | NextAttempt(declaration, name):
                made = a_job(declaration, JobStatus.COMPLETED, attempt=name.attempt)
                by_name[made.name] = made
            case Stop(job):
                by_name[job.name] = replace(job, status=JobStatus.STOPPED)
            case Delete(job):
                del by_name[job.name]
            case Adopt(_, job):
                tags = {**(job.tags or {}), "neo:operation": "op-1"}
                by_name[job.name] = replace(job, tags=tags)
            case Retag():
                pass
    settled = {
        JobStatus.STARTING: JobStatus.COMPLETED,
        JobStatus.INPROGRESS: JobStatus.COMPLETED,
        JobStatus.STOPPING: JobStatus.STOPPED,
    }
    return [replace(job, status=settled.get(job.status, job.status)) for job in by_name.values()]


@given(families, accounts(), st.builds(PlanOptions, prune=st.booleans(), retries=st.integers(0, 2)))
def test_plans_run_out_the_account_agrees_and_nothing_more_is_to_do(
    declared: list[Declaration], jobs: list[ObservedJob], options: PlanOptions
) -> None:
    later = Operation("op-2", BEGAN + timedelta(hours=1))
    for _ in range(4):
        chosen = plan(declared, jobs, later, options)
        jobs = applied(chosen, jobs)
    assert plan(declared, jobs, later, options).mutations == ()
    assert all(job.phase.value != "live" for job in jobs)


@given(families, accounts(), st.randoms(use_true_random=False))
def test_the_order_of_declarations_and_jobs_does_not_matter(
    declared: list[Declaration], jobs: list[ObservedJob], random: object
) -> None:
    chosen = plan(declared, jobs, NOW, PlanOptions(prune=True))
    shuffled = plan(declared[::-1], jobs[::-1], NOW, PlanOptions(prune=True))
    assert shuffled == chosen
    assert shuffled.digest == chosen.digest


@given(families, accounts(), st.booleans())
def test_every_declaration_gets_one_decision_and_every_action_a_reason(
    declared: list[Declaration], jobs: list[ObservedJob], prune: bool
) -> None:
    chosen = plan(declared, jobs, NOW, PlanOptions(prune=prune))
    decisions = [
        action.declaration.identity
        for action in chosen.actions
        if not isinstance(action, Stop | Delete | Retag)
    ]
    assert sorted(decisions) == sorted(each.identity for each in declared)
    assert all(action.reason for action in chosen.actions)


@given(declarations, accounts())
def test_jobs_of_other_owners_and_foreign_jobs_are_never_touched(
    declaration: Declaration, jobs: list[ObservedJob]
) -> None:
    strangers = [replace(job, tags={**(job.tags or {}), "neo:id": "other"}) for job in jobs]
    chosen = plan(
        [replace(declaration, owner=Owner("zzz"))], strangers, NOW, PlanOptions(prune=True)
    )
    assert all(isinstance(action, Create) for action in chosen.mutations)


# --- what a fleet knows besides the observed jobs ----------------------------------------------

LATER = BEGAN + timedelta(minutes=1)
FIRST, SECOND = (str(DECLARED.identity.attempt(number)) for number in (0, 1))


def with_memory(*jobs: ObservedJob, **memory: Any) -> Action:
    (decision,) = plan([DECLARED], jobs, NOW, memory=Memory(now=LATER, **memory)).decisions
    return decision


def test_a_name_that_has_just_been_taken_is_waited_for() -> None:
    decision = with_memory(taken={FIRST: LATER - NAME_TAKEN + timedelta(seconds=1)})
    assert isinstance(decision, Defer)
    assert "taken" in decision.reason


def test_a_name_that_stays_taken_by_no_visible_job_is_passed_over() -> None:
    decision = with_memory(taken={FIRST: LATER - NAME_TAKEN})
    assert isinstance(decision, Create)
    assert job_name(decision) == SECOND


def test_what_this_operation_was_refused_is_not_asked_for_again() -> None:
    refused = Rejection(NOW.id, DECLARED.settings_digest, "no such role")
    assert with_memory(rejected={FIRST: refused}) == Reject(
        DECLARED, DECLARED.identity.attempt(0), "no such role"
    )


@pytest.mark.parametrize("changed", [{"operation": "op-0"}, {"settings": "other"}])
def test_another_operation_or_other_settings_ask_again(changed: dict[str, str]) -> None:
    refused = replace(Rejection(NOW.id, DECLARED.settings_digest, "no such role"), **changed)
    assert isinstance(with_memory(rejected={FIRST: refused}), Create)


def test_jobs_that_could_not_be_read_are_left_to_the_next_pass() -> None:
    job = a_job(DECLARED, JobStatus.FAILED, operation="op-0", created=EARLIER)
    decision = with_memory(job, unread={DECLARED.identity: "throttled"})
    assert isinstance(decision, Defer)
    assert decision.reason == "throttled"


def test_a_live_job_of_another_operation_is_awaited_where_nothing_is_adopted() -> None:
    job = a_job(DECLARED, JobStatus.INPROGRESS, operation="op-0")
    (decision,) = plan([DECLARED], [job], NOW, PlanOptions(adopt=False)).actions
    assert isinstance(decision, Await)


def test_a_note_names_the_setting_that_takes_effect_later() -> None:
    job = a_job(DECLARED, JobStatus.COMPLETED)
    changed = a_declaration(StoppingCondition={"MaxRuntimeInSeconds": 60})
    described = replace(job, described=DECLARED.create_request(job.name, ()))
    (keep,) = plan([changed], [described], NOW).actions
    assert isinstance(keep, Keep)
    assert keep.notes == (
        "StoppingCondition.MaxRuntimeInSeconds: 900 -> 60; takes effect at the next compile",
    )
