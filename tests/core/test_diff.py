"""Declared against observed: only what was declared counts."""

from __future__ import annotations

from hypothesis import given

from reconciler.core.diff import FieldChange, diff, tag_changes
from reconciler.core.request import JobRequest
from tests.core.strategies import a_request, requests


@given(requests)
def test_what_the_service_fills_in_is_no_drift(request: JobRequest) -> None:
    wire = request.to_wire()
    described = {**wire, "CreationTime": "now", "ModelArtifacts": {"S3ModelArtifacts": "s3://x"}}
    assert diff(wire, described) == ()


def test_a_changed_field_is_named_with_both_values() -> None:
    declared = a_request().to_wire()
    observed = a_request(StoppingCondition={"MaxRuntimeInSeconds": 300}).to_wire()
    assert diff(declared, observed) == (
        FieldChange("StoppingCondition.MaxRuntimeInSeconds", 900, 300),
    )


def test_json_fields_are_compared_by_what_they_mean() -> None:
    declared = a_request().to_wire()
    inputs = {
        "S3Uri": "s3://models/resnet/model.tar.gz",
        "DataInputConfig": "{'data': [1,3,224,224]}",
        "Framework": "ONNX",
    }
    assert diff(declared, {**declared, "InputConfig": inputs}) == ()
    inputs["DataInputConfig"] = "{'data': [1,3,225,224]}"
    (change,) = diff(declared, {**declared, "InputConfig": inputs})
    assert change.path == "InputConfig.DataInputConfig"


def test_a_setting_that_describe_leaves_out_is_no_drift() -> None:
    stopping = {"MaxRuntimeInSeconds": 900, "MaxWaitTimeInSeconds": 60}
    declared = a_request(StoppingCondition=stopping).to_wire()
    assert diff(declared, {**declared, "StoppingCondition": {"MaxRuntimeInSeconds": 900}}) == ()


def test_the_order_of_subnets_is_no_drift() -> None:
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["b", "a"]}
    declared = a_request(VpcConfig=vpc).to_wire()
    assert diff(declared, {"VpcConfig": {**vpc, "Subnets": ["a", "b"]}}) == ()


def test_tags_of_others_stay_and_dropped_ones_go() -> None:
    observed = {"a": "1", "theirs": "x", "dropped": "y"}
    assert tag_changes({"a": "2"}, observed, frozenset({"dropped", "a"})) == (
        {"a": "2"},
        ("dropped",),
    )
