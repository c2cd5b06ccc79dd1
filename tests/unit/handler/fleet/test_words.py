"""What a fleet's functions answer and log, word for word."""

from __future__ import annotations

import pytest

from reconciler.core.fleet.generation import FleetGeneration
from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.sagemaker import Script
from tests.simulation.fleet.world import OWNER, FleetWorld, jobs


def test_a_run_of_the_schedule_answers_with_the_counts_and_the_changes() -> None:
    world = FleetWorld()
    world.create(world.properties(jobs(2)))
    at_rest = {"total": 2, "completed": 2, "failed": 0, "pending": 0, "changes": {}}
    assert world.schedule() == at_rest
    [first, _] = world.sagemaker.accepted()
    world.sagemaker.delete_compilation_job(first)
    assert world.schedule() == {**at_rest, "changes": {"create": 1}}


def test_a_deployment_logs_how_many_jobs_are_compiled() -> None:
    world = FleetWorld()
    world.create(world.properties(jobs(2)))
    waiting = [line for line in world.logged if line.startswith("pending ")]
    assert waiting
    assert "'reason': '0 of 2 are completed'" in waiting[0]


def test_an_upload_makes_an_operation_that_is_named_after_it() -> None:
    world = FleetWorld()
    properties = world.properties(jobs(1), Upload={"Bucket": "assets", "Key": "specs.json"})
    world.create(properties)
    published = world.publish(jobs(2))
    world.assets.objects["specs.json"] = world.assets.objects[published["Key"]]
    assert world.schedule(upload=True)["total"] == 2
    stored = world.state.objects[f"neo/{OWNER}/desired.json"]
    generation = FleetGeneration.from_json(stored.body)
    assert generation.operation == f"upload-{generation.source[:24]}"
    assert len(generation.operation) == len("upload-") + 24


def test_a_rollback_from_what_another_version_wrote_is_made() -> None:
    world = FleetWorld()
    first = world.properties(jobs(1))
    world.create(first)
    world.update(world.properties(jobs(2)), first)
    unreadable = {**first, "State": "of another version"}
    answer = world.update(first, unreadable, status="UPDATE_ROLLBACK_IN_PROGRESS")
    assert answer["Data"]["Total"] == "1"


def test_a_create_that_was_undone_unseen_stops_what_it_started_and_says_so() -> None:
    world = FleetWorld()
    world.sagemaker.script_of = lambda request: Script(running=720_000)
    begun = world.begin(world.event("Create", world.properties(jobs(2), Wait="false")))
    world.poll(begun)
    assert len(world.sagemaker.live()) == 2
    world.clock.advance(600)
    world.status = "ROLLBACK_COMPLETE"
    words = "The stack went on to another operation; what this one started was stopped."
    with pytest.raises(ResourceFailed) as ended:
        world.to_end(begun)
    assert str(ended.value) == words
    assert world.sagemaker.live() == []
