"""The endpoint and the validator agree on what the API's model forbids, each by its own code."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo_local.endpoint.errors import ServiceError
from neo_local.endpoint.refusals import check_create
from neo_local.endpoint.shapes import load_sagemaker
from neo_local.endpoint.validation import parse_request
from reconciler.rules.families.api_model import UNKNOWN, check
from tests.fakes.endpoint import create_request

pytestmark = pytest.mark.search
FULL = create_request(
    "job",
    InputConfig={
        "S3Uri": "s3://b/m.tar.gz",
        "DataInputConfig": '{"x":[1]}',
        "Framework": "ONNX",
        "FrameworkVersion": "1.7",
    },
    OutputConfig={
        "S3OutputLocation": "s3://b/o",
        "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"},
        "CompilerOptions": "{'a': 1}",
        "KmsKeyId": "alias/a",
    },
    VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
    StoppingCondition={
        "MaxRuntimeInSeconds": 900,
        "MaxWaitTimeInSeconds": 900,
        "MaxPendingTimeInSeconds": 7200,
    },
    Tags=[{"Key": "a", "Value": "b"}],
)
REMOVED = object()
VALUES = st.one_of(
    st.just(REMOVED),
    st.text(max_size=70),
    st.sampled_from(["a" * 64, "x" * 2049, "x" * 16385, "ml_c5", "onnx", "1.x", "a\nb", "", "ü"]),
    st.integers(-1, 3_000_000),
    st.booleans(),
    st.lists(st.text(max_size=33), max_size=17),
    st.just({}),
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every member and item."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [where for key, one in inner for where in [(*path, key), *places(one, (*path, key))]]


def changed(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    request = copy.deepcopy(FULL)
    parent: Any = request
    for key in path[:-1]:
        parent = parent[key]
    if value is REMOVED:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return request


def is_refused(request: dict[str, Any]) -> bool:
    try:
        check_create(parse_request(load_sagemaker(), "CreateCompilationJob", request))
    except ServiceError:
        return True
    return False


def is_found_wrong(request: dict[str, Any]) -> bool:
    """Return a name is made by the reconciler, so a request without one is none to complain of."""
    missing_name = "CompilationJobName" not in request
    return missing_name or any(one.code != UNKNOWN.code for one in check(request))


@settings(max_examples=500)
@given(st.sampled_from(places(FULL)), VALUES)
def test_what_the_endpoint_refuses_the_validator_finds_and_nothing_else(
    path: tuple[Any, ...], value: object
) -> None:
    request = changed(path, value)
    assert is_refused(request) == is_found_wrong(request)


def test_the_request_that_is_changed_is_good() -> None:
    assert not is_refused(FULL)
    assert not is_found_wrong(FULL)
