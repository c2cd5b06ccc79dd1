"""Jobs that fail, stop, vanish, never end, or are not ours."""

from __future__ import annotations

import pytest

from reconciler.core.identity import Owner
from reconciler.handler.job.properties import decode
from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.checking import assert_all_is_well, created, requests
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.declaring import FOR_EVER, neo
from tests.simulation.cloudformation.faults import Switches
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.stack import sibling, stringified


@pytest.mark.parametrize("refused", [True, False], ids=["stop refused", "stop accepted"])
def test_stop_racing_with_completion_is_never_an_error(
    make_world: MakeWorld, refused: bool
) -> None:
    switches = Switches(stop_on_terminal_is_refused=refused)
    for tick in range(0, 120):
        script = Script(running=30, completes_when_stopped=tick % 2 == 0, stopping=4.0)
        world = make_world(our_handler, tick, scripts={"model": script}, switches=switches)
        stack = world.create(neo("Model", wait=False))
        world.settle()
        world.run_for(tick / 4)
        world.delete(stack)
        world.settle()
        assert stack.phase == "DELETE_COMPLETE"
        assert world.sagemaker.live() == []
        assert_all_is_well(world)
        world.close()


@pytest.mark.parametrize("stopper", ["somebody", "limit"])
def test_a_job_that_did_not_complete_is_no_success(make_world: MakeWorld, stopper: str) -> None:
    world = make_world(our_handler, scripts={"model": Script(running=400)})
    stack = world.create(neo("Model", max_runtime=100 if stopper == "limit" else 600))
    world.run_for(50)
    if stopper == "somebody":
        world.sagemaker.jobs[0].stop(world.simulation.now)
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert len(world.sagemaker.accepted()) == 1
    assert_all_is_well(world)


def test_a_failure_of_the_service_is_tried_again_once(make_world: MakeWorld) -> None:
    failed = Script(running=20, outcome="FAILED", reason="ServerError: internal error")
    world = make_world(our_handler, scripts={"flaky": [failed, Script()], "never": failed})
    stack = world.create(neo("Model", "flaky", max_runtime=600))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    assert world.sagemaker.accepted()[1] == f"{world.sagemaker.accepted()[0]}-r1"
    other = world.create(neo("Model", "never", max_runtime=600))
    world.settle()
    assert other.phase == "ROLLBACK_COMPLETE"
    assert len(world.sagemaker.accepted()) == 4
    assert_all_is_well(world)


@pytest.mark.parametrize(("runtime", "attempts"), [(600, 1), (300, 2)])
def test_no_further_attempt_is_begun_that_could_not_end_in_time(
    make_world: MakeWorld, runtime: int, attempts: int
) -> None:
    failed = Script(running=200, outcome="FAILED", reason="ServerError: internal error")
    world = make_world(our_handler, scripts={"model": failed})
    stack = world.create(neo("Model", max_runtime=runtime, deadline=700))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert len(world.sagemaker.accepted()) == attempts
    assert_all_is_well(world)


def test_a_job_for_ever_is_stopped_at_our_deadline_and_the_reason_told(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler, scripts={"model": FOR_EVER})
    stack = world.create(neo("Model", deadline=600))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert "600" in stack.reasons[0]
    assert 600 <= requests(world)[0].answers[0].time - requests(world)[0].sent <= 720
    assert world.sagemaker.live() == []
    assert_all_is_well(world)


def test_the_longest_deadline_comes_before_cloudformations_hour(make_world: MakeWorld) -> None:
    world = make_world(our_handler, scripts={"model": FOR_EVER})
    stack = world.create(neo("Model"))
    world.settle()
    assert world.chance.visited["no answer for an hour"] == 0
    assert world.chance.visited["waiter timed out"] == 0
    assert "3300" in stack.reasons[0]


def test_an_artifact_that_is_gone_is_compiled_again_by_the_next_operation(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler)
    stack = world.create(neo("Model"))
    world.settle()
    world.sagemaker.jobs[0].artifact_removed = True
    world.update(stack, neo("Model", tags={"team": "b"}))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE"
    assert len(world.sagemaker.accepted()) == 2
    assert_all_is_well(world)


def test_artifacts_that_are_never_found_are_no_reason_to_compile_for_ever(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler, scripts={"model": Script(artifact_missing=True)})
    stack = world.create(neo("Model", max_runtime=600))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert "artifact" in stack.reasons[0]
    assert len(world.sagemaker.accepted()) <= 2, "one, and at most the one retry that is declared"
    assert_all_is_well(world)


@pytest.mark.parametrize("seconds", [5.0, 30.0, 60.0])
def test_an_artifact_that_is_seen_a_while_after_its_job_completed_is_waited_for(
    make_world: MakeWorld, seconds: float
) -> None:
    world = make_world(our_handler, scripts={"model": Script(artifact_after=seconds)})
    stack = created(world, neo("Model"))
    world.update(stack, neo("Model", "next"))
    world.settle()
    assert stack.phase == "UPDATE_COMPLETE", stack.reasons
    assert len(world.sagemaker.accepted()) == 2
    assert_all_is_well(world)


def test_a_quota_of_one_job_makes_the_second_wait(make_world: MakeWorld) -> None:
    world = make_world(our_handler, switches=Switches(quota=1))
    stack = world.create(neo("Model"), neo("Other", "second"), neo("Third", "third"))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    assert_all_is_well(world)


@pytest.mark.parametrize("lag", [30.0, 100.0])
def test_a_role_that_is_not_known_yet_is_waited_for(make_world: MakeWorld, lag: float) -> None:
    world = make_world(our_handler, switches=Switches(iam_lag=lag))
    stack = world.create(neo("Model"))
    world.settle()
    assert stack.phase == "CREATE_COMPLETE"
    assert_all_is_well(world)


def test_a_role_that_never_comes_is_reported_in_the_services_words(make_world: MakeWorld) -> None:
    world = make_world(our_handler, switches=Switches(iam_lag=1e6))
    stack = world.create(neo("Model"))
    world.settle()
    assert stack.phase == "ROLLBACK_COMPLETE"
    assert "Could not assume role" in stack.reasons[0]
    assert requests(world)[0].answers[0].time - requests(world)[0].sent <= 180
    assert_all_is_well(world)


def test_a_foreign_job_of_our_name_is_a_conflict_and_stays_untouched(
    make_world: MakeWorld,
) -> None:
    world = make_world(our_handler)
    blocker = world.create(sibling("Other", 50))
    resource = neo("Model")
    owner = Owner.of_stack(blocker.stack_id)
    declared = decode(stringified(resource.properties), owner).declaration
    wire = {**declared.create_request(str(declared.identity), ()), "Tags": []}
    world.sagemaker.add_job(wire, script=FOR_EVER, foreign=True)
    world.settle()
    world.update(blocker, resource, sibling("Other", 50))
    world.settle()
    assert blocker.phase == "UPDATE_ROLLBACK_COMPLETE"
    assert "not ours" in blocker.reasons[0]
    assert len(world.sagemaker.live()) == 1
    assert_all_is_well(world)


def test_very_long_reasons_and_attributes_fit_into_an_answer(make_world: MakeWorld) -> None:
    reasons = ["x" * 1024, "\u20ac" * 1024, '"\\' * 512, "\n" * 1024, "\x00" * 1024]
    for number, reason in enumerate(reasons):
        script = Script(running=5, outcome="FAILED", reason=f"ClientError: {reason}")
        world = make_world(our_handler, number, scripts={"model": script})
        stack = world.create(neo("Model"))
        world.settle()
        assert stack.phase == "ROLLBACK_COMPLETE"
        assert "ClientError" in stack.reasons[0]
        assert_all_is_well(world)
