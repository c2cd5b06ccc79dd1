"""Requests that are unusual, half known or badly broken: judged as far as they can be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.rules.families.check import check_job
from reconciler.rules.families.cross_job import output_object
from reconciler.rules.organisation_policy import OrganisationPolicy, PolicyError, policy_keys
from tests.unit.rules.requests import patched

LATE = "LATE"


def codes(patch: dict[str, Any], **options: Any) -> set[str]:
    return {finding.code for finding in check_job(patched(patch), **options)}


def said(patch: dict[str, Any]) -> str:
    return " ".join(f"{item.message} {item.hint}" for item in check_job(patched(patch)))


def is_late(value: object) -> bool:
    return value == LATE


def platform(os: str, arch: str, accelerator: str | None = None) -> dict[str, Any]:
    named = {"Os": os, "Arch": arch}
    if accelerator is not None:
        named["Accelerator"] = accelerator
    return {"TargetDevice": None, "TargetPlatform": named}


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (platform("LINUX", "X86_64"), False),
        (platform("LINUX", "X86", "INTEL_GRAPHICS"), True),
        (platform("ANDROID", "ARM64", "NVIDIA"), True),
    ],
)
def test_a_platform_that_no_table_has_is_reported(target: dict[str, Any], found: bool) -> None:
    assert ("NEO208" in codes({"OutputConfig": target})) is found


def test_an_accelerator_that_no_architecture_takes_is_reported_with_what_the_system_takes() -> None:
    [finding] = [
        item
        for item in check_job(patched({"OutputConfig": platform("ANDROID", "ARM64", "NVIDIA")}))
        if item.code == "NEO208"
    ]
    assert finding.path == "OutputConfig.TargetPlatform.Accelerator"
    assert finding.allowed == "none, INTEL_GRAPHICS, MALI"


def test_an_accelerator_of_the_api_without_a_table_may_not_work() -> None:
    assert "NEO209" in codes({"OutputConfig": platform("LINUX", "ARM64", "NNA")})


@pytest.mark.parametrize("wrong", ["LINUX", {"Os": "LINUX"}, {"Arch": "ARM64"}])
def test_a_broken_platform_is_reported_by_its_shape_alone(wrong: object) -> None:
    found = codes({"OutputConfig": {"TargetDevice": None, "TargetPlatform": wrong}})
    assert found in ({"NEO101"}, {"NEO102"}, {"NEO103"})


def test_a_framework_that_aws_lists_nowhere_may_not_work() -> None:
    assert "NEO203" in codes({"InputConfig": {"Framework": "SKLEARN"}})
    assert "SKLEARN is not in AWS's tables" in said({"InputConfig": {"Framework": "SKLEARN"}})


def test_a_framework_version_without_a_known_target_is_not_judged() -> None:
    patch = {"InputConfig": {"FrameworkVersion": "1.8"}, "OutputConfig": {"TargetDevice": LATE}}
    assert codes(patch, is_deploy_time=is_late) == set()


@pytest.mark.parametrize(
    ("framework", "version", "device", "derived"),
    [
        ("PYTORCH", "2.0", "ml_c5", True),
        ("PYTORCH", "1.13", "ml_c5", False),
        ("PYTORCH", None, "ml_c5", False),
        ("PYTORCH", "2.0", "rasp4b", False),
        ("XGBOOST", None, "ml_c5", True),
        ("ONNX", None, "ml_c5", False),
    ],
)
def test_inputs_may_be_left_out_only_where_neo_derives_them(
    framework: str, version: str | None, device: str, derived: bool
) -> None:
    source = {"DataInputConfig": None, "Framework": framework, "FrameworkVersion": version}
    found = codes({"InputConfig": source, "OutputConfig": {"TargetDevice": device}})
    assert ("NEO308" not in found) is derived


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"data": []}', "NEO306"),
        ('{"data": "1,3"}', "NEO305"),
        ("[" * 40 + "]" * 40, "NEO301"),
        ('{"data": [1, NaN]}', "NEO301"),
        ('{"\\ud800": [1, 3]}', "NEO301"),
        ('{"d\\u0061ta": [1, 3, 8, 8]}', None),
    ],
)
def test_inputs_that_cannot_be_read_are_reported_as_such(text: str, found: str | None) -> None:
    assert codes({"InputConfig": {"DataInputConfig": text}}) == ({found} if found else set())


@pytest.mark.parametrize(
    ("flags", "found"),
    [(["+neon"], set()), (["neon"], {"NEO404"}), (["+neon", 3], {"NEO404"})],
)
def test_cpu_features_begin_with_a_sign(flags: list[object], found: set[str]) -> None:
    output = {**platform("LINUX", "ARM_EABIHF"), "CompilerOptions": json.dumps({"mattr": flags})}
    assert codes({"OutputConfig": output}) - {"NEO411"} == found


def test_options_of_an_unknown_target_are_read_and_not_judged() -> None:
    output = {"TargetDevice": LATE, "CompilerOptions": '"--verbose 1"'}
    assert codes({"OutputConfig": output}, is_deploy_time=is_late) == set()
    output = {"TargetDevice": "jetson_nano", "CompilerOptions": LATE}
    assert codes({"OutputConfig": output}, is_deploy_time=is_late) == set()


def test_a_region_that_does_not_exist_is_compared_with_nothing() -> None:
    package = "arn:aws:sagemaker:eu-central-1:111122223333:model-package/models/1"
    patch = {"RoleArn": "arn:aws-cn:iam::111122223333:role/Neo", "InputConfig": None,
             "ModelPackageVersionArn": package}  # fmt: skip
    assert codes(patch, region="us-east-1") == {"NEO521", "NEO522"}
    assert codes(patch, region="nowhere") == set()


def test_a_network_id_that_is_known_at_deploy_time_only_is_left_out() -> None:
    vpc = {"Subnets": [LATE, "subnet-1"], "SecurityGroupIds": ["sg-1", "sg-1"]}
    assert codes({"VpcConfig": vpc}, is_deploy_time=is_late) == {"NEO523"}


@pytest.mark.parametrize(
    ("device", "found"), [("ml_c5", {"NEO529"}), ("ml_p3", set()), ("ml_g4dn", set())]
)
def test_a_pending_time_has_an_effect_on_accelerated_instances_only(
    device: str, found: set[str]
) -> None:
    output = {"TargetDevice": device, "CompilerOptions": None}
    stopping = {"MaxPendingTimeInSeconds": 7200}
    assert codes({"OutputConfig": output, "StoppingCondition": stopping}) & {"NEO529"} == found


@pytest.mark.parametrize(("count", "found"), [(40, False), (48, True), (50, True)])
def test_tags_that_leave_no_room_for_the_reconcilers_own_are_reported(
    count: int, found: bool
) -> None:
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(count)]
    assert ("NEO534" in codes({"Tags": tags})) is found


def test_a_request_of_deploy_time_values_alone_has_nothing_to_judge() -> None:
    assert check_job({}, is_deploy_time=lambda value: True) == []


@pytest.mark.parametrize(
    ("device", "meant"),
    [("ml.c5.xlarge", "ml_c5"), ("jetson_nan", "jetson_nano"), ("x" * 65, None)],
)
def test_a_misspelt_target_is_corrected_if_it_is_close_to_one(
    device: str, meant: str | None
) -> None:
    text = said({"OutputConfig": {"TargetDevice": device}})
    assert (f"Did you mean {meant}?" in text) if meant else ("Did you mean" not in text)


def test_a_framework_is_known_by_its_other_names() -> None:
    assert "Did you mean PYTORCH?" in said({"InputConfig": {"Framework": "torch"}})


@pytest.mark.parametrize(
    "patch",
    [
        {"InputConfig": {"S3Uri": "https://example.com/m.tar.gz"}},
        {"OutputConfig": {"S3OutputLocation": "here"}},
        {"OutputConfig": {"TargetDevice": "toaster"}},
        {"InputConfig": {"S3Uri": None}},
    ],
)
def test_where_an_artifact_goes_is_unknown_if_source_output_or_target_is(
    patch: dict[str, Any],
) -> None:
    assert output_object(patched(patch)) is None


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"requireVpc": "yes"}, "must be true or false"),
        ({"maxRuntimeSeconds": 0}, "must be an integer >= 1"),
        ({"maxRuntimeSeconds": True}, "must be an integer >= 1"),
        ({"requiredTags": "team"}, "must be a list of keys, or a map of keys"),
        ({"requiredTags": {"team": "vision"}}, "must be a list of strings"),
    ],
)
def test_a_policy_whose_values_have_the_wrong_type_is_refused(
    policy: dict[str, Any], words: str
) -> None:
    assert next(iter(policy)) in set(policy_keys())
    with pytest.raises(PolicyError, match=words):
        OrganisationPolicy.from_mapping(policy)


def test_required_tags_may_be_listed_by_their_keys_alone() -> None:
    policy = OrganisationPolicy.from_mapping({"requiredTags": ["team"]})
    assert "NEO711" in codes({}, policy=policy)
    assert codes({"Tags": [{"Key": "team", "Value": "any"}]}, policy=policy) == set()


def test_a_policy_does_not_judge_what_is_known_at_deploy_time_only() -> None:
    policy = OrganisationPolicy.from_mapping(
        {"maxRuntimeSeconds": 1, "subnets": ["subnet-1"], "requiredTags": ["team"]}
    )
    late = {"StoppingCondition": LATE, "Tags": LATE,
            "VpcConfig": {"Subnets": [LATE], "SecurityGroupIds": ["sg-1"]}}  # fmt: skip
    assert codes(late, policy=policy, is_deploy_time=is_late) == set()
    known = {"VpcConfig": {"Subnets": ["subnet-2"], "SecurityGroupIds": ["sg-1"]}}
    assert {"NEO707", "NEO711", "NEO712"} & codes(known, policy=policy)
