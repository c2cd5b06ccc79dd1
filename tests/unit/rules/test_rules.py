"""Rules where a page's example is not enough: what is judged, what is not, and how exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.rules import api
from reconciler.rules.api import well_formed
from reconciler.rules.catalog.devices import DEVICES
from reconciler.rules.catalog.frameworks import LAYOUTS
from reconciler.rules.catalog.platforms import PLATFORMS
from reconciler.rules.families.api_model import check
from reconciler.rules.families.check import check_job
from reconciler.rules.families.registry import REQUEST_RULES
from reconciler.rules.finding import Severity
from tests.unit.rules.requests import GOOD, patched
from tests.unit.rules.test_corpus import CASES


def codes(patch: dict[str, Any], **options: Any) -> set[str]:
    return {finding.code for finding in check_job(patched(patch), **options)}


def inputs(shapes: object, framework: str = "PYTORCH", device: str = "ml_c5") -> set[str]:
    source = {"DataInputConfig": json.dumps(shapes), "Framework": framework}
    return codes({"InputConfig": source, "OutputConfig": {"TargetDevice": device}})


def options(value: object, **output: Any) -> set[str]:
    target = output or {"TargetDevice": "ml_c5"}
    return codes(
        {"OutputConfig": {"TargetDevice": None, **target, "CompilerOptions": json.dumps(value)}}
    )


def test_the_catalog_has_the_devices_frameworks_and_platforms_of_the_api() -> None:
    assert set(DEVICES) == set(api.TARGET_DEVICES)
    assert set(LAYOUTS) == set(api.FRAMEWORKS)
    assert {os for os, _ in PLATFORMS} == set(api.TARGET_PLATFORM_OS)
    assert {arch for row in PLATFORMS.values() for arch in row.archs} <= set(
        api.TARGET_PLATFORM_ARCH
    )


def test_every_row_of_the_catalog_has_a_source() -> None:
    assert DEVICES
    assert all(device.source for device in DEVICES.values())


def test_codes_are_unique_and_in_the_hundred_of_their_group() -> None:
    assert all(code == rule.code for code, rule in REQUEST_RULES.items())
    assert all(rule.severity in Severity for rule in REQUEST_RULES.values())


@pytest.mark.parametrize(
    ("framework", "shape", "found"),
    [
        ("TENSORFLOW", [1, 224, 224, 3], False),
        ("TENSORFLOW", [1, 3, 224, 224], True),
        ("TENSORFLOW", [1, 784], False),
        ("TFLITE", [1, 1, 28, 28], True),
        ("KERAS", [1, 3, 224, 224], False),
        ("KERAS", [1, 224, 224, 3], True),
        ("PYTORCH", [1, 6, 10, 10], False),
        ("PYTORCH", [100, 3, 384, 640], False),
        ("PYTORCH", [1, 16, 112, 112, 3], True),
        ("MXNET", [1, 28, 28], False),
        ("ONNX", [1, 3, 4, 4], False),
        ("DARKNET", [1, 416, 416, 3], True),
        ("XGBOOST", [1, 69], False),
    ],
)
def test_the_layout_is_judged_by_where_the_channels_are(
    framework: str, shape: list[int], found: bool
) -> None:
    assert ("NEO307" in inputs({"data": shape}, framework)) is found


@pytest.mark.parametrize("size", [None, 0, -1, 1.5, "224", True, [1]])
def test_a_dimension_that_is_no_positive_number_fails(size: object) -> None:
    assert "NEO304" in inputs({"data": [1, 3, size, 224]})


@pytest.mark.parametrize(
    "shapes",
    [
        {"data": [1, 784], "softmax_label": [1]},
        {"input.1": [1, 3, 800, 1280]},
        {"agent_x/observations": [1, 60, 10]},
        {"input": [1, 13]},
        [[1, 3, 224, 224]],
        [[1, 3, 224, 224], [1, 3, 224, 224]],
    ],
)
def test_what_real_users_write_is_left_alone(shapes: object) -> None:
    assert inputs(shapes) == set()


def test_one_shape_where_a_list_of_shapes_belongs_is_said_once() -> None:
    patch = {"InputConfig": {"DataInputConfig": "[1, 3, 224, 224]"}}
    assert [finding.code for finding in check_job(patched(patch))] == ["NEO305"]


def test_core_ml_takes_ranges_enumerated_shapes_and_images() -> None:
    image = {"shape": [[1, 3, 8, 8], [1, 3, 4, 4]], "default_shape": [1, 3, 8, 8],
             "type": "Image", "bias": [-1, -1, -1], "scale": 0.0078}  # fmt: skip
    ranged = {"shape": ["1..10", 3, 224, 224], "default_shape": [5, 3, 224, 224]}
    assert inputs({"a": image}, device="coreml") == set()
    assert inputs([ranged], device="coreml") == set()
    assert "NEO323" in inputs(
        {"a": {**ranged, "default_shape": [11, 3, 224, 224]}}, device="coreml"
    )
    assert "NEO322" in inputs({"a": {"shape": ["1..x", 3]}}, device="coreml")


NVIDIA = {"trt-ver": "6.0.1", "cuda-ver": "10.1"}
PC = {"Os": "LINUX", "Arch": "X86_64", "Accelerator": "NVIDIA"}


@pytest.mark.parametrize(
    ("value", "output", "code"),
    [
        ({"mcpu": "skylake-avx512"}, {}, None),
        ({"dtype": "long"}, {}, None),
        ({"dtype": "float32"}, {"TargetDevice": "jetson_nano"}, "NEO405"),
        ({"gpu-code": "sm_72"}, {}, "NEO405"),
        ({"ANDROID_PLATFORM": 28}, {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}}, "NEO405"),
        ({"ANDROID_PLATFORM": 28}, {"TargetPlatform": {"Os": "ANDROID", "Arch": "ARM64"}}, None),
        ({"ANDROID_PLATFORM": 20}, {"TargetDevice": "qcs605"}, "NEO406"),
        ({"mattr": ["+neon"]}, {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM_EABIHF"}}, None),
        ({"mattr": ["+avx2"]}, {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}}, "NEO414"),
        ({"mcpu": "cortex-a72"}, {}, "NEO414"),
        ({"mattr": "+neon"}, {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}}, "NEO404"),
        ({"gpu_code": "sm_72", "JETPACK_VERSION": "4.6"}, {"TargetDevice": "jetson_nano"}, None),
        ({"gpu-code": "sm_53"}, {"TargetDevice": "jetson_nano"}, None),
        ({"gpu-code": "sm_72"}, {"TargetDevice": "jetson_nano"}, "NEO416"),
        ({"gpu-code": "sm_53"}, {"TargetDevice": "jetson_xavier"}, "NEO416"),
        ({**NVIDIA, "gpu-code": "sm_72"}, {"TargetPlatform": PC}, "NEO416"),
        ({**NVIDIA, "gpu-code": "sm_99"}, {"TargetPlatform": {**PC, "Arch": "ARM64"}}, "NEO416"),
        ({**NVIDIA, "gpu-code": "sm_90a"}, {"TargetPlatform": PC}, None),
        ({"precision_mode": "fp16"}, {"TargetDevice": "jetson_xavier"}, "NEO411"),
        ({"gpucode": "sm_72"}, {"TargetDevice": "jetson_xavier"}, "NEO410"),
        ({"class_labels": "labels.txt"}, {"TargetDevice": "coreml"}, None),
        ("--verbose 1", {"TargetDevice": "ml_inf1"}, None),
        ({"num-neuroncores": 2}, {"TargetDevice": "ml_inf1"}, "NEO408"),
    ],
)  # fmt: skip
def test_options_are_judged_with_their_target(
    value: object, output: dict[str, Any], code: str | None
) -> None:
    assert options(value, **output) - {"NEO202"} == ({code} if code else set())


def test_a_jetsons_platform_on_a_pc_is_a_mistake() -> None:
    value = {**NVIDIA, "gpu-code": "sm_75", "jetson-platform": "xavier"}
    assert options(value, TargetPlatform=PC) == {"NEO405", "NEO411"}


def test_an_unknown_framework_is_said_once() -> None:
    assert codes({"InputConfig": {"Framework": "pytorch"}}) == {"NEO104"}


def test_every_null_is_said_once() -> None:
    wire = {**GOOD, "RoleArn": None, "Tags": None}
    found = [(item.code, item.path) for item in check_job(wire)]
    assert found == [("NEO101", "RoleArn"), ("NEO110", "Tags")]


def test_late_values_are_left_out_and_everything_else_is_judged() -> None:
    def is_deploy_time(value: object) -> bool:
        return value == "LATE" or value == ["LATE"]

    late = {
        "RoleArn": "LATE",
        "InputConfig": {"S3Uri": "LATE", "DataInputConfig": "LATE", "Framework": "NOPE"},
        "VpcConfig": {"Subnets": ["LATE"], "SecurityGroupIds": "LATE"},
        "StoppingCondition": {"MaxRuntimeInSeconds": "LATE"},
        "Tags": [{"Key": "aws:x", "Value": "LATE"}],
    }
    found = {finding.code for finding in check_job(patched(late), is_deploy_time=is_deploy_time)}
    assert found == {"NEO104", "NEO531"}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_the_quick_answer_is_that_of_the_slow_words(case: dict[str, Any]) -> None:
    assert well_formed(case["request"]) is (check(case["request"]) == [])


LATE = 0.5  # of no field's type


@pytest.mark.parametrize(
    "late",
    [
        {"RoleArn": LATE},
        {"InputConfig": LATE},
        {"InputConfig": {"Framework": LATE}},
        {"OutputConfig": {"TargetDevice": LATE}},
        {"VpcConfig": {"Subnets": ["subnet-1", LATE], "SecurityGroupIds": LATE}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": LATE}},
        {"Tags": [{"Key": "team", "Value": LATE}]},
    ],
    ids=json.dumps,
)
def test_a_deploy_time_value_is_well_formed_wherever_it_stands(late: dict[str, Any]) -> None:
    wire = patched(late)
    assert check(wire)
    assert not well_formed(wire)
    assert well_formed(wire, lambda value: value == LATE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = ["RoleArn", "InputConfig", "OutputConfig", "VpcConfig", "StoppingCondition", "Tags"]


@given(st.sampled_from(FIELDS), JSON)
def test_no_value_makes_a_rule_raise(field: str, value: object) -> None:
    wire = {**GOOD, field: value}
    found = check_job(wire, region="eu-central-1")
    assert not (well_formed(wire) and check(wire))
    assert all(finding.message for finding in found)


@given(st.text(max_size=60))
def test_no_text_makes_a_rule_raise(text: str) -> None:
    for field in ("DataInputConfig", "S3Uri", "FrameworkVersion"):
        check_job(patched({"InputConfig": {field: text}}))
    for field in ("CompilerOptions", "KmsKeyId", "S3OutputLocation"):
        check_job(patched({"OutputConfig": {field: text}}))
