"""JobRequest: from and to the wire without loss, and errors that say where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.core.request import JobRequest, RequestError
from reconciler.rules import api
from tests.unit.core.strategies import a_request, requests

EVERY_FIELD = {
    "RoleArn": "arn:aws:iam::111122223333:role/NeoRole",
    "InputConfig": {
        "S3Uri": "s3://b/m.tar.gz",
        "DataInputConfig": "{'data': [1]}",
        "Framework": "PYTORCH",
        "FrameworkVersion": "1.8",
    },
    "OutputConfig": {
        "S3OutputLocation": "s3://b/out",
        "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"},
        "CompilerOptions": "{'gpu-code': 'sm_72'}",
        "KmsKeyId": "alias/k",
    },
    "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
    "StoppingCondition": {
        "MaxRuntimeInSeconds": 900,
        "MaxWaitTimeInSeconds": 1000,
        "MaxPendingTimeInSeconds": 7200,
    },
    "Tags": [{"Key": "a", "Value": "b"}],
}


@given(requests)
def test_a_request_goes_to_the_wire_and_back_unchanged(request: JobRequest) -> None:
    wire = json.loads(json.dumps(request.to_wire()))
    assert JobRequest.from_wire(wire) == request


def test_every_field_of_the_api_is_held() -> None:
    package = {
        **{key: value for key, value in EVERY_FIELD.items() if key != "InputConfig"},
        "ModelPackageVersionArn": "arn:aws:sagemaker:us-east-1:111122223333:model-package/m/1",
    }
    for wire in (EVERY_FIELD, package):
        assert JobRequest.from_wire(wire).to_wire() == wire
    held = EVERY_FIELD.keys() | package.keys() | {"CompilationJobName"}
    assert held == api.request_shape()["members"].keys()
    for structure in ("InputConfig", "StoppingCondition", "OutputConfig"):
        members = api.shape(structure)["members"].keys()
        assert members - {"TargetDevice"} == EVERY_FIELD[structure].keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "path", "allowed"),
    [
        ({"RoleArn": None}, "RoleArn", "a string"),
        ({"RoleArn": 7}, "RoleArn", "a string"),
        ({"Role": "x"}, "Role", "RoleArn"),
        ({"InputConfig": {}}, "InputConfig.S3Uri", "a string"),
        ({"InputConfig": "s3://b"}, "InputConfig", "a map of S3Uri"),
        ({"InputConfig": None}, "", "exactly one of InputConfig, ModelPackageVersionArn"),
        ({"ModelPackageVersionArn": "arn"}, "", "exactly one of"),
        (
            {"OutputConfig": {"S3OutputLocation": "s3://b"}},
            "OutputConfig",
            "exactly one of TargetDevice, TargetPlatform",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": "900"}},
            "StoppingCondition.MaxRuntimeInSeconds",
            "an integer",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": True}},
            "StoppingCondition.MaxRuntimeInSeconds",
            "an integer",
        ),
        ({"Tags": [{"Key": "a"}]}, "Tags[0].Value", "a string"),
        ({"VpcConfig": {"Subnets": ["s", 1]}}, "VpcConfig.Subnets[1]", "a string"),
    ],
)
def test_a_wrong_shape_is_refused_with_where_and_what_is_allowed(
    changes: dict[str, object], path: str, allowed: str
) -> None:
    with pytest.raises(RequestError) as caught:
        a_request(**changes)
    assert caught.value.path == path
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"RoleArn": "\ud800"}, "RoleArn"),
        ({"Tags": [{"Key": "a", "Value": "\udfff"}]}, "Tags[0].Value"),
        ({"VpcConfig": {"Subnets": ["x\ud800"], "SecurityGroupIds": []}}, "VpcConfig.Subnets[0]"),
    ],
)
def test_half_of_a_surrogate_pair_is_refused_where_it_stands(
    changed: dict[str, Any], path: str
) -> None:
    with pytest.raises(RequestError, match="halves of surrogate pairs") as refused:
        a_request(**changed)
    assert path in str(refused.value)


@pytest.mark.parametrize("key", ["logicalName", "revision"])
def test_names_and_revisions_are_text_too(key: str) -> None:
    document = {"logicalName": "a", "revision": "1", key: "\ud800"}
    with pytest.raises(RequestError, match=key):
        Declaration.read(Owner("team"), document, a_request().to_wire())
