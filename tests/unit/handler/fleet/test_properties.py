"""A fleet's properties: what cannot be read is refused, and the message says where."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.properties import PropertiesError
from reconciler.handler.fleet.properties import decode_fleet
from tests.fakes.sagemaker import ApiError
from tests.simulation.fleet.world import OWNER, STACK, FleetWorld, jobs


def properties(**more: Any) -> dict[str, Any]:
    return FleetWorld().properties(jobs(1), **more)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"Variables": "role"}, "Variables must be a map"),
        ({"Document": None}, "Document must be a map"),
        ({"State": "s3://state"}, "State must be a map"),
        ({"State": {"Prefix": "neo/"}}, "Bucket must be text, got None"),
        ({"Document": {"Bucket": "b", "Key": 3, "Digest": "d"}}, "Key must be text, got 3"),
        ({"Document": {"Bucket": "b", "Key": "k", "Digest": ""}}, "Digest must be text, got ''"),
        ({"Upload": {"Bucket": "b"}}, "Key must be text, got None"),
        ({"OnFailure": "panic"}, "the fleet's settings: 'panic'"),
        ({"Retries": "many"}, "retries must be 0 to"),
        ({"Tags": [{"Key": "team"}]}, "the fleet's settings: 'Value'"),
        ({"OwnerSuffix": "NOT_ALLOWED"}, "OwnerSuffix: "),
    ],
)
def test_what_the_constructs_never_write_is_refused_by_its_name(
    wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(PropertiesError) as refused:
        decode_fleet(properties(**wrong), STACK)
    assert words in str(refused.value)


def test_an_upload_is_read_where_it_is_declared_and_only_there() -> None:
    uploaded = decode_fleet(properties(Upload={"Bucket": "b", "Key": "k"}), STACK)
    assert uploaded.upload == ("b", "k", "111122223333")
    assert decode_fleet(properties(), STACK).upload is None


def test_a_create_with_unreadable_properties_fails_and_its_delete_succeeds() -> None:
    world = FleetWorld()
    wrong = properties(State="s3://state")
    with pytest.raises(ResourceFailed, match="Fleet: State must be a map"):
        world.begin(world.event("Create", wrong))
    begun = world.begin(world.event("Delete", wrong))
    assert world.poll(begun) == {"IsComplete": True}


def test_an_update_whose_properties_cannot_be_read_any_more_fails_in_its_first_poll() -> None:
    world = FleetWorld()
    begun = world.begin(world.event("Update", properties()))
    with pytest.raises(ResourceFailed, match="Fleet: Document must be a map"):
        world.poll({**begun, "ResourceProperties": properties(Document=None)})


def test_an_update_whose_stack_cannot_be_read_at_first_goes_on_when_it_can() -> None:
    world = FleetWorld()
    first = world.properties(jobs(1))
    world.create(first)

    def fault(operation: str, number: int) -> None:
        if operation == "DescribeStacks":
            raise ApiError("ThrottlingException", "Rate exceeded")

    world.fault = fault
    world.start("UPDATE_IN_PROGRESS")
    begun = world.begin(world.event("Update", first, first))
    world.fault = lambda operation, number: None
    assert world.to_end(begun)["IsComplete"]
    world.fault = fault
    assert world.begin(world.event("Delete", first))["PhysicalResourceId"] == OWNER
