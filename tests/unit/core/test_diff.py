"""Declared against observed: only what was declared counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.diff import FieldChange, diff, tag_changes
from reconciler.core.fields import Role
from reconciler.core.request import JobRequest
from tests.unit.core.strategies import a_request, requests


@given(requests, st.sampled_from(Role))
def test_what_the_service_fills_in_is_not_drift(request: JobRequest, role: Role) -> None:
    described = {**request.to_wire(), "CreationTime": "now", "InferenceImage": "image"}
    if role is not Role.TAG:
        assert diff(request, described, role) == ()


def test_a_changed_field_is_named_with_both_values() -> None:
    observed = a_request(StoppingCondition={"MaxRuntimeInSeconds": 300}).to_wire()
    (change,) = diff(a_request(), observed, Role.SETTING)
    assert change == FieldChange("StoppingCondition.MaxRuntimeInSeconds", 900, 300)
    assert str(change) == "StoppingCondition.MaxRuntimeInSeconds: 300 -> 900"


def test_only_fields_of_the_role_are_compared() -> None:
    observed = a_request(StoppingCondition={"MaxRuntimeInSeconds": 300}).to_wire()
    assert diff(a_request(), observed, Role.FINGERPRINT) == ()


def test_json_fields_are_compared_by_what_they_mean() -> None:
    declared = a_request()
    inputs = {
        "S3Uri": "s3://models/resnet/model.tar.gz",
        "DataInputConfig": "{'data': [1,3,224,224]}",
        "Framework": "ONNX",
    }
    described = {**declared.to_wire(), "InputConfig": inputs}
    assert diff(declared, described, Role.FINGERPRINT) == ()
    inputs["DataInputConfig"] = "{'data': [1,3,225,224]}"
    (change,) = diff(declared, described, Role.FINGERPRINT)
    assert change.path == "InputConfig.DataInputConfig"


def test_a_setting_that_describe_leaves_out_is_not_drift() -> None:
    stopping = {"MaxRuntimeInSeconds": 900, "MaxWaitTimeInSeconds": 60}
    declared = a_request(StoppingCondition=stopping)
    described = {**declared.to_wire(), "StoppingCondition": {"MaxRuntimeInSeconds": 900}}
    assert diff(declared, described, Role.SETTING) == ()


def test_the_order_of_subnets_is_not_drift() -> None:
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["b", "a"]}
    declared = a_request(VpcConfig=vpc)
    assert diff(declared, {"VpcConfig": {**vpc, "Subnets": ["a", "b"]}}, Role.SETTING) == ()


def test_tags_of_others_stay_and_dropped_ones_go() -> None:
    observed = {"a": "1", "theirs": "x", "dropped": "y"}
    assert tag_changes({"a": "2"}, observed, frozenset({"dropped", "a"})) == (
        {"a": "2"},
        ("dropped",),
    )
