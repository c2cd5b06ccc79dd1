"""What CreateCompilationJob takes and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.endpoint import ACCOUNT, REGION, Service, create_request

INPUT = {"S3Uri": "s3://models/model.tar.gz", "Framework": "ONNX"}
OUTPUT = {"S3OutputLocation": "s3://models/out/", "TargetDevice": "ml_c5"}
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/m/1"


def refused(sagemaker: Any, request: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ClientError) as caught:
        sagemaker.create_compilation_job(**request)
    error: dict[str, str] = caught.value.response["Error"]
    return error


def test_a_created_job_has_its_arn_and_can_be_described(sagemaker: Any, service: Service) -> None:
    arn = sagemaker.create_compilation_job(**create_request("job-1"))["CompilationJobArn"]
    assert arn == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:compilation-job/job-1"
    job = service.wait("job-1", "COMPLETED")
    assert job["InputConfig"] == {"S3Uri": "s3://models/in/model.tar.gz", "Framework": "ONNX"}
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://models/out/job-1.tar.gz"
    assert job["FailureReason"] == ""
    assert job["CreationTime"] <= job["CompilationStartTime"] <= job["CompilationEndTime"]
    assert "Tags" not in job


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"OutputConfig": {**OUTPUT, "TargetDevice": "toaster"}},
            "1 validation error detected: Value 'toaster' at 'outputConfig.targetDevice' failed "
            "to satisfy constraint: Member must satisfy enum value set: [lambda, ml_m4,",
        ),
        (
            {"InputConfig": {**INPUT, "Framework": "onnx"}},
            "Value 'onnx' at 'inputConfig.framework' failed to satisfy constraint: "
            "Member must satisfy enum value set: [TENSORFLOW, KERAS, MXNET,",
        ),
        (
            {"RoleArn": None},
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"InputConfig": {**INPUT, "FrameworkVersion": "10.1"}},
            "Value '10.1' at 'inputConfig.frameworkVersion' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [0-9]\\.[A-Za-z0-9.]+",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": []}},
            "at 'vpcConfig.subnets' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"VpcConfig": {"SecurityGroupIds": ["sg_1"], "Subnets": ["subnet-1"]}},
            "Value '[sg_1]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member "
            "must satisfy constraint: [Member must have length less than or equal to 32, Member "
            "must have length greater than or equal to 0, Member must satisfy regular expression "
            "pattern: [-0-9a-zA-Z]+]",
        ),
        (
            {"Tags": [{"Key": "good", "Value": ""}, {"Key": "", "Value": "x"}]},
            "Value '' at 'tags.2.member.key' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"Tags": [{"Key": "semi;colon", "Value": "x"}]},
            "Value 'semi;colon' at 'tags.1.member.key' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: ([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)",
        ),
        (
            {"OutputConfig": {**OUTPUT, "CompilerOptions": '{"mcpu":\n"x"}'}},
            "at 'outputConfig.compilerOptions' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: .*",
        ),
    ],
)
def test_what_the_service_model_forbids_is_refused_in_the_services_words(
    sagemaker: Any, changes: dict[str, Any], message: str
) -> None:
    error = refused(sagemaker, create_request("job-1", **changes))
    assert error["Code"] == "ValidationException"
    assert message in error["Message"]


def test_every_violated_constraint_is_reported_at_once(sagemaker: Any) -> None:
    error = refused(
        sagemaker, create_request("no_underscore", RoleArn="role", OutputConfig={"KmsKeyId": " "})
    )
    assert error["Message"].startswith("5 validation errors detected: ")
    for path in ("compilationJobName", "roleArn", "outputConfig.kmsKeyId", "s3OutputLocation"):
        assert path in error["Message"]


@pytest.mark.parametrize(
    "name", ["a" * 64, "-a", "a-", "a_b", "a.b", "", "a\n"], ids=lambda name: repr(name)[:12]
)
def test_names_must_match_the_whole_pattern(sagemaker: Any, name: str) -> None:
    assert "'compilationJobName'" in refused(sagemaker, create_request(name))["Message"]


@pytest.mark.parametrize("name", ["a" * 63, "a--b", "9"])
def test_names_at_the_edge_of_the_pattern_are_taken(sagemaker: Any, name: str) -> None:
    assert sagemaker.create_compilation_job(**create_request(name))


def test_tags_may_be_in_any_script(sagemaker: Any) -> None:
    tags = [{"Key": "Größe 模型", "Value": "Ⅷ é"}]
    arn = sagemaker.create_compilation_job(**create_request("job-1", Tags=tags))
    assert tags[0] in sagemaker.list_tags(ResourceArn=arn["CompilationJobArn"])["Tags"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"OutputConfig": {"S3OutputLocation": "s3://b/o"}}, "TargetDevice"),
        (
            {"OutputConfig": {**OUTPUT, "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}}},
            "TargetPlatform",
        ),
        ({"InputConfig": None}, "InputConfig"),
        ({"ModelPackageVersionArn": PACKAGE}, "ModelPackageVersionArn"),
    ],
)
def test_one_target_and_one_input_are_needed(
    sagemaker: Any, changes: dict[str, Any], word: str
) -> None:
    error = refused(sagemaker, create_request("job-1", **changes))
    assert error["Code"] == "ValidationException"
    assert word in error["Message"]


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "aws:mine", "Value": ""}],
        [{"Key": "twice", "Value": "1"}, {"Key": "twice", "Value": "2"}],
        [{"Key": str(number), "Value": ""} for number in range(51)],
    ],
    ids=["reserved", "repeated", "too many"],
)
def test_reserved_repeated_and_too_many_tags_are_refused(
    sagemaker: Any, tags: list[dict[str, str]]
) -> None:
    error = refused(sagemaker, create_request("job-1", Tags=tags))
    assert error["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "changes",
    [
        {"InputConfig": {**INPUT, "S3Uri": "https://host/no-archive.csv"}},
        {"InputConfig": {**INPUT, "DataInputConfig": "{'data': [1, null"}},
        {"OutputConfig": {**OUTPUT, "CompilerOptions": '"--dtype int64"'}},
        {
            "OutputConfig": {
                "S3OutputLocation": "s3://bucket",
                "TargetPlatform": {"Os": "ANDROID", "Arch": "X86_64", "Accelerator": "NVIDIA"},
            }
        },
        {"InputConfig": {**INPUT, "Framework": "SKLEARN"}},
        {"InputConfig": None, "ModelPackageVersionArn": PACKAGE},
        {"StoppingCondition": {}},
    ],
)
def test_what_no_rule_of_the_service_forbids_is_taken(
    sagemaker: Any, changes: dict[str, Any]
) -> None:
    assert sagemaker.create_compilation_job(**create_request("job-1", **changes))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"StoppingCondition": {"MaxRuntimeInSeconds": "900"}}, "MaxRuntimeInSeconds"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": True}}, "MaxRuntimeInSeconds"),
        ({"Tags": {"Key": "a"}}, "Tags"),
        ({"OutputConfig": "s3://b/o"}, "OutputConfig"),
        ({"RoleArn": 7}, "RoleArn"),
    ],
)
def test_a_value_of_the_wrong_type_is_no_request(
    service: Service, changes: dict[str, Any], where: str
) -> None:
    status, answer = service.post("CreateCompilationJob", create_request("job-1", **changes))
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert answer["message"].startswith(where) or f".{where}:" in answer["message"]


def test_a_name_in_use_is_refused_whatever_became_of_the_job(
    sagemaker: Any, service: Service
) -> None:
    sagemaker.create_compilation_job(**create_request("job-1"))
    service.wait("job-1", "COMPLETED")
    error = refused(sagemaker, create_request("job-1"))
    assert error["Code"] == "ResourceInUse"
    assert "job-1" in error["Message"]


def test_more_live_jobs_than_the_quota_are_refused_until_one_has_ended(
    sagemaker: Any, service: Service
) -> None:
    service.switch(max_concurrent_jobs=3)
    service.compiler.gate.clear()
    for number in range(3):
        sagemaker.create_compilation_job(**create_request(f"job-{number}"))
    assert refused(sagemaker, create_request("job-3"))["Code"] == "ResourceLimitExceeded"
    service.compiler.gate.set()
    service.wait("job-0", "COMPLETED")
    assert sagemaker.create_compilation_job(**create_request("job-3"))
