"""A single job's operations cut short: no quota, no time, and a stack that went on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.core.ports import StackResourceView
from reconciler.handler.cfn.answer import MAX_DATA_BYTES, ResourceFailed, fit_data
from reconciler.handler.cfn.event import Timing
from tests.contract.golden_events import NEW, OLD, event, identity
from tests.fakes.sagemaker import Script
from tests.unit.handler.job.test_remove import LONG, FaultyWorld, live, running


def test_a_quota_that_stays_used_up_fails_the_deployment_before_the_deadline() -> None:
    world = FaultyWorld()
    world.codes = {"CreateCompilationJob": "ResourceLimitExceeded"}
    words = r"CreateCompilationJob failed.*No job could be started before the deadline"
    with world.ends_after(3240), pytest.raises(ResourceFailed, match=words):
        world.create(OLD)


def test_a_job_that_does_not_end_by_the_deadline_is_stopped() -> None:
    world = FaultyWorld(LONG)
    with world.ends_after(300), pytest.raises(ResourceFailed, match="Timed out after 300 s"):
        world.create({**OLD, "DeadlineSeconds": "300"})
    assert live(world) == set()


def test_a_stop_that_may_not_be_made_at_the_deadline_is_named() -> None:
    world = FaultyWorld(LONG)
    world.codes = {"StopCompilationJob": "AccessDeniedException"}
    words = r"Timed out after 300 s: .*; stopping it failed: .*StopCompilationJob failed"
    with pytest.raises(ResourceFailed, match=words):
        world.create({**OLD, "DeadlineSeconds": "300"})
    assert len(live(world)) == 1


def test_a_stop_that_is_throttled_at_the_deadline_is_tried_again_for_90_seconds() -> None:
    world = FaultyWorld(LONG)
    world.codes = {"StopCompilationJob": "ThrottlingException"}
    with world.ends_after(390), pytest.raises(ResourceFailed, match="Timed out after 300 s"):
        world.create({**OLD, "DeadlineSeconds": "300"})


def test_a_failure_of_the_service_is_not_tried_again_if_a_further_job_had_no_time() -> None:
    failing = Script(outcome="FAILED", reason="InternalServerError: try again")
    for deadline, attempts in (("3300", 2), ("600", 1)):
        world = FaultyWorld(failing)
        with pytest.raises(ResourceFailed, match="try again"):
            world.create({**OLD, "DeadlineSeconds": deadline})
        assert len(world.sagemaker.accepted()) == attempts


def test_an_update_that_changes_the_logical_name_stops_the_old_names_live_jobs() -> None:
    world, made = running()
    renamed = {**NEW, "Declaration": NEW["Declaration"].replace("Edge/Resnet", "Edge/Renamed")}
    world.update({**NEW, "Wait": "false"}, OLD, made)
    world.clock.advance(200)
    tried = identity(NEW)
    assert live(world) == {made, tried}
    world.update({**renamed, "Wait": "false"}, NEW, made)
    assert live(world) == {made, identity(renamed)}


def test_a_delete_whose_stack_went_on_ends_and_stops_nothing() -> None:
    world, made = running()
    world.status = "DELETE_IN_PROGRESS"
    begun = world.begin(event("Delete", OLD, PhysicalResourceId=made))
    world.status = "UPDATE_COMPLETE"
    world.resource = StackResourceView(made, "UPDATE_COMPLETE")
    assert world.poll(begun) == {"IsComplete": False}
    world.clock.advance(120)
    assert world.poll(begun) == {"IsComplete": True}
    assert live(world) == {made}


def test_an_update_with_a_declaration_that_cannot_be_read_is_refused_in_its_first_poll() -> None:
    world, made = running()
    world.status = "UPDATE_IN_PROGRESS"
    more = {"PhysicalResourceId": made, "OldResourceProperties": OLD}
    begun = world.begin(event("Update", NEW, **more))
    with pytest.raises(ResourceFailed, match="Resnet50A1B2: Declaration is not JSON"):
        world.poll({**begun, "ResourceProperties": {**NEW, "Declaration": "{"}})
    assert live(world) == {made}


def test_attributes_that_do_not_fit_are_emptied_the_longest_first() -> None:
    fitted = fit_data({"Uri": "u" * MAX_DATA_BYTES, "Status": "COMPLETED"})
    assert fitted == {"Uri": "", "Status": "COMPLETED"}


@pytest.mark.parametrize("operation", ["", None, "now"])
def test_a_poll_without_a_beginning_is_an_error_and_not_a_new_operation(operation: object) -> None:
    with pytest.raises(KeyError, match="Operation"):
        Timing.of({"Operation": operation})
    began = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    assert Timing.of({"Operation": {"Began": began, "Deadline": began}}).began.year == 2026


def test_an_artifact_in_a_bucket_of_another_account_is_no_success() -> None:
    world = FaultyWorld()
    world.create({**OLD, "OutputBucketOwner": "111122223333"})
    other = FaultyWorld()
    with pytest.raises(ResourceFailed, match="Forbidden"):
        other.create({**OLD, "OutputBucketOwner": "444455556666"})
