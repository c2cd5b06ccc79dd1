"""What one CompilationJob becomes in a template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii._kernel.providers.process as jsii_process
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from neo_constructs import (
    CompilationJob,
    CompilerOptions,
    ConstructError,
    Framework,
    InvalidJobError,
    ModelArtifact,
    Target,
)
from reconciler.core.identity import Owner
from reconciler.handler.job.properties import decode
from tests.synthesis.annotations import warnings_of
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import JOB, OWNER, Resolver, of_type, only, synthesized, template_of


def new_stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S")


def job(stack: cdk.Stack, name: str = "Job", **changes: Any) -> CompilationJob:
    arguments = {"model": None if "model" in changes else model(stack), "target": Target.ML_C5}
    return CompilationJob(stack, name, **{**arguments, **ONNX, **changes})


def declared(template: dict[str, Any]) -> Any:
    return json.loads(only(template, JOB)["Properties"]["Declaration"])


def test_the_declaration_is_one_literal_text_with_the_request_as_declared(
    plain: dict[str, Any],
) -> None:
    assert declared(plain) == {
        "schema": 1,
        "logicalName": "S/Job",
        "request": {
            "InputConfig": {
                "S3Uri": "s3://models/nets/squeezenet.tar.gz",
                "DataInputConfig": '{"data":[1,3,224,224]}',
                "Framework": "ONNX",
            },
            "OutputConfig": {"TargetDevice": "ml_c5"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 900},
        },
        "revision": None,
        "exactOutput": False,
        "policy": {"retries": 1},
    }


def test_the_lambda_reads_the_declared_request_from_the_properties(full: dict[str, Any]) -> None:
    properties = Resolver().properties(only(full, JOB))
    desired = decode(properties, Owner(OWNER))
    request = desired.declaration.request.to_wire()
    assert request["InputConfig"]["Framework"] == "ONNX"  # type: ignore[index, call-overload]
    assert desired.declaration.revision == "version:v1"
    subnets = desired.declaration.request.values["VpcConfig.Subnets"]
    assert isinstance(subnets, tuple)
    assert len(subnets) == 2
    location = desired.declaration.request.output_location
    assert location.endswith("/neo")
    assert location.startswith("s3://value-of-Out")


def test_the_output_key_is_the_buckets_unless_another_is_given(full: dict[str, Any]) -> None:
    late = only(full, JOB)["Properties"]["LateBound"]
    [key] = [name for name in of_type(full, "AWS::KMS::Key") if name.startswith("Key")]
    assert late["/OutputConfig/KmsKeyId"] == {"Fn::GetAtt": [key, "Arn"]}


def test_tags_of_the_app_reach_the_job(plain: dict[str, Any]) -> None:
    assert "Tags" not in only(plain, JOB)["Properties"]
    stack = new_stack()
    tagged = job(stack)
    cdk.Tags.of(stack).add("team", "vision")
    cdk.Tags.of(tagged).add("cost", "42")
    assert only(template_of(stack), JOB)["Properties"]["Tags"] == [
        {"Key": "cost", "Value": "42"},
        {"Key": "team", "Value": "vision"},
    ]


def test_every_attribute_is_read_from_the_resource() -> None:
    stack = new_stack()
    made = job(stack)
    attributes = {
        "CompilationJobName": made.compilation_job_name,
        "CompilationJobArn": made.compilation_job_arn,
        "CompilationJobStatus": made.compilation_job_status,
        "S3ModelArtifacts": made.compilation_job_artifacts_uri,
        "ArtifactDigest": made.compilation_job_artifact_digest,
        "InferenceImage": made.compilation_job_inference_image,
    }
    [logical_id] = of_type(template_of(stack), JOB)
    for name, token in attributes.items():
        assert stack.resolve(token) == {"Fn::GetAtt": [logical_id, name]}
    assert stack.resolve(made.compilation_job_identity) == {"Ref": logical_id}


def test_waiting_and_removal_are_said_as_the_contract_says_them() -> None:
    def build(stack: cdk.Stack) -> None:
        made = job(stack, wait=False, output_bucket_owner="123456789012")
        made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    Template.from_json(synthesized(build)).has_resource_properties(
        JOB,
        {
            "Wait": "false",
            "RemovalPolicy": "retain",
            "DeadlineSeconds": "3300",
            "ServiceTimeout": "3600",
            "OutputBucketOwner": "123456789012",
        },
    )


def test_a_snapshot_of_the_record_is_not_a_removal_policy() -> None:
    with pytest.raises(ConstructError, match=r"\[S/Job\] removal_policy is SNAPSHOT"):
        job(new_stack(), removal_policy=cdk.RemovalPolicy.SNAPSHOT)


def test_an_output_prefix_that_is_a_pattern_is_refused_with_the_construct() -> None:
    with pytest.raises(ConstructError, match=r"\[S/Job\] output_prefix is 'nets/\*'; .*patterns"):
        job(new_stack(), output_prefix="nets/*")


def test_an_identity_keeps_the_job_where_the_construct_moves() -> None:
    first = synthesized(lambda stack: job(stack, "Here", identity="squeezenet-c5"))
    second = synthesized(lambda stack: job(stack, "There", identity="squeezenet-c5"))
    assert declared(first)["logicalName"] == "squeezenet-c5"
    assert declared(first) == declared(second)


def test_two_jobs_of_one_identity_are_refused_with_both_paths() -> None:
    stack = new_stack()
    job(stack, "One", identity="net")
    with pytest.raises(ConstructError, match=r"\[S/Two\] identity='net' is already used by S/One"):
        job(stack, "Two", identity="net")


def test_all_findings_about_a_job_are_reported_at_once_with_its_path() -> None:
    stack = new_stack()
    with pytest.raises(InvalidJobError) as refused:
        job(
            stack, target=Target.device("ml_c99"), framework=Framework.of("OONX"),
            model=ModelArtifact.from_bucket(
                s3.Bucket.from_bucket_name(stack, "B", "models"), "net.zip"
            ),
        )  # fmt: skip
    text = str(refused.value)
    assert text.startswith("[S/Job] invalid compilation job: ")
    assert {finding.path for finding in refused.value.findings} >= {
        "OutputConfig.TargetDevice",
        "InputConfig.Framework",
    }
    assert "Did you mean ONNX?" in text


def test_what_rules_warn_of_becomes_an_annotation() -> None:
    stack = new_stack()
    job(stack, target=Target.ML_EIA2, framework=Framework.TENSORFLOW, framework_version="2.3.2")
    assert warnings_of(stack, "NEO", "/S/Job")


def test_jobs_that_write_one_object_are_warned_of() -> None:
    stack = new_stack()
    job(stack, "One", exact_output=True)
    job(stack, "Other", exact_output=True)
    job(stack, "Elsewhere", exact_output=True, output_prefix="elsewhere")
    job(stack, "Own")
    [told] = warnings_of(stack, "NEO601")
    assert "S/Other and S/One write the same object" in told


def test_an_archive_needs_a_framework_and_a_package_takes_none() -> None:
    stack = new_stack()
    package = ModelArtifact.from_model_package(
        "arn:aws:sagemaker:us-east-1:123456789012:model-package/nets/3"
    )
    with pytest.raises(ConstructError, match="framework is missing"):
        CompilationJob(stack, "A", model=model(stack), target=Target.ML_C5)
    with pytest.raises(ConstructError, match="data_input_config, framework: given beside a model"):
        CompilationJob(stack, "B", model=package, target=Target.ML_C5, **ONNX)
    CompilationJob(stack, "C", model=package, target=Target.ML_C5)
    made = declared(template_of(stack))["request"]
    assert made["ModelPackageVersionArn"].endswith("model-package/nets/3")
    assert "InputConfig" not in made


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({"max_runtime": cdk.Duration.minutes(49)}, "2880"),
        (
            {"max_runtime": cdk.Duration.minutes(30), "max_pending": cdk.Duration.minutes(30)},
            "1380",
        ),
    ],
)
def test_a_runtime_that_a_deployment_cannot_wait_for_is_refused(
    arguments: dict[str, Any], allowed: str
) -> None:
    with pytest.raises(ConstructError, match=f"at most {allowed} seconds.*wait=False"):
        job(new_stack(), **arguments)
    job(new_stack(), wait=False, **arguments)


def test_the_longest_runtime_that_fits_is_taken() -> None:
    job(new_stack(), max_runtime=cdk.Duration.seconds(2880))


def test_platforms_options_and_limits_are_sent_as_the_api_names_them() -> None:
    template = synthesized(
        lambda stack: job(
            stack, target=Target.platform("LINUX", "ARM64", "NVIDIA"),
            compiler_options=CompilerOptions.nvidia(
                gpu_code="sm_72", trt_ver="7.1.3", cuda_ver="10.2"
            ),
            max_runtime=cdk.Duration.minutes(10), max_pending=cdk.Duration.minutes(40),
            max_wait=cdk.Duration.hours(1),
        )
    )  # fmt: skip
    request = declared(template)["request"]
    assert request["OutputConfig"] == {
        "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"},
        "CompilerOptions": '{"gpu-code":"sm_72","trt-ver":"7.1.3","cuda-ver":"10.2"}',
    }
    assert request["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 600,
        "MaxWaitTimeInSeconds": 3600,
        "MaxPendingTimeInSeconds": 2400,
    }


def test_inferentias_flags_are_a_json_string() -> None:
    template = synthesized(
        lambda stack: job(
            stack, target=Target.ML_INF1, framework=Framework.PYTORCH, framework_version="1.9",
            data_input_config=[[1, 3, 224, 224]],
            compiler_options=CompilerOptions.inferentia("--verbose 1"),
        )
    )  # fmt: skip
    request = declared(template)["request"]
    assert request["OutputConfig"]["CompilerOptions"] == '"--verbose 1"'
    assert request["InputConfig"]["DataInputConfig"] == "[[1,3,224,224]]"


def test_a_job_without_a_network_has_no_connections_and_says_how_to_have_them() -> None:
    with pytest.raises(ConstructError, match=r"\[S/Job\] .*give vpc="):
        _ = job(new_stack()).connections
    with pytest.raises(ConstructError, match="vpc_subnets is given without vpc"):
        job(new_stack(), vpc_subnets=ec2.SubnetSelection(one_per_az=True))


def test_a_job_in_a_network_can_be_connected_to_others() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    made = job(stack, vpc=vpc)
    made.connections.allow_to(ec2.Peer.ipv4("10.9.0.0/16"), ec2.Port.tcp(8443))
    groups = of_type(template_of(stack), "AWS::EC2::SecurityGroup")
    [group] = [item for name, item in groups.items() if name.startswith("Job")]
    rules = group["Properties"]["SecurityGroupEgress"]
    assert {rule["FromPort"] for rule in rules} == {443, 0, 8443}
    assert "SecurityGroupIngress" not in group["Properties"]


def test_too_many_subnets_and_groups_are_refused() -> None:
    stack = new_stack()
    subnets = [f"subnet-{number:08d}" for number in range(17)]
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"] * 17,
        private_subnet_ids=subnets,
    )  # fmt: skip
    with pytest.raises(ConstructError, match="vpc_subnets: 17 are selected, 1 to 16"):
        job(stack, vpc=vpc)
    group = ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-1")
    with pytest.raises(ConstructError, match="security_groups: 6 are given, 1 to 5"):
        job(stack, "Other", vpc=vpc, security_groups=[group] * 6,
            vpc_subnets=ec2.SubnetSelection(subnets=vpc.private_subnets[:1]))  # fmt: skip


def test_a_model_of_a_file_is_an_asset_whose_name_neo_takes(model_file: Path) -> None:
    stack = new_stack()
    job(stack, model=ModelArtifact.from_asset(model_file))
    template = template_of(stack)
    revision = declared(template)["revision"]
    uri = Resolver().resolve(only(template, JOB)["Properties"]["LateBound"]["/InputConfig/S3Uri"])
    assert uri == f"s3://cdk-hnb659fds-assets-123456789012-us-east-1/squeezenet-{revision}.tar.gz"
    stage = cdk.Stage.of(stack)
    assert stage is not None
    manifest = json.loads((Path(stage.outdir) / f"{stack.artifact_id}.assets.json").read_text())
    [entry] = [item for key, item in manifest["files"].items() if key.startswith("squeezenet")]
    assert (Path(stage.outdir) / entry["source"]["path"]).is_file()
    [destination] = entry["destinations"].values()
    assert destination["objectKey"] == f"squeezenet-{revision}.tar.gz"


def test_a_missing_model_file_is_said_with_the_construct(tmp_path: Path) -> None:
    with pytest.raises(ConstructError, match=r"\[S/Job\] model .*nowhere.onnx: No such file"):
        job(new_stack(), model=ModelArtifact.from_asset(tmp_path / "nowhere.onnx"))


def test_the_jobs_role_can_be_granted_more_through_the_job() -> None:
    stack = new_stack()
    made = job(stack)
    s3.Bucket.from_bucket_name(stack, "Extra", "extra").grant_read(made)
    made.add_to_role_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=["a"]))
    Template.from_json(template_of(stack)).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with([Match.object_like({"Action": "sqs:SendMessage"})])
            }
        },
    )


def test_grants_on_a_job_are_as_narrow_as_the_job() -> None:
    stack = new_stack()
    made = job(stack)
    user = iam.Role(stack, "User", assumed_by=iam.AccountRootPrincipal())
    made.grant_describe(user)
    made.grant_stop(user)
    made.grant_read_artifacts(user)
    template = template_of(stack)
    [logical_id] = of_type(template, JOB)
    [policy] = [
        item for name, item in of_type(template, "AWS::IAM::Policy").items()
        if name.startswith("User")
    ]  # fmt: skip
    text = json.dumps(policy["Properties"]["PolicyDocument"])
    assert f'{{"Fn::GetAtt": ["{logical_id}", "CompilationJobArn"]}}' in text
    assert f'"/compiled/", {{"Ref": "{logical_id}"}}, "/*"' in text


def test_an_imported_job_can_be_described_and_says_what_it_lacks() -> None:
    stack = new_stack()
    user = iam.Role(stack, "User", assumed_by=iam.AccountRootPrincipal())
    named = CompilationJob.from_compilation_job_name(stack, "Named", "job-1")
    assert Resolver().resolve(stack.resolve(named.compilation_job_arn)) == (
        "arn:aws:sagemaker:us-east-1:123456789012:compilation-job/job-1"
    )
    named.grant_describe(user)
    with pytest.raises(ConstructError, match="artifact_bucket"):
        named.grant_read_artifacts(user)
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:compilation-job/job-2"
    assert CompilationJob.from_compilation_job_arn(stack, "A", arn).compilation_job_arn == arn
    with pytest.raises(ConstructError, match="compilation-job/NAME"):
        CompilationJob.from_compilation_job_arn(stack, "B", "arn:aws:s3:::bucket")


@pytest.mark.parametrize(("argument", "what"), [("model", "model's"), ("output_bucket", "output")])
def test_a_bucket_of_another_region_is_refused_with_the_reason(argument: str, what: str) -> None:
    there = cdk.Environment(account="111122223333", region="eu-west-1")
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S", env=there)
    bucket = s3.Bucket.from_bucket_attributes(
        stack, "Far", bucket_name="far-away", region="us-east-1"
    )
    given: Any = ModelArtifact.from_bucket(bucket, "m.tar.gz") if argument == "model" else bucket
    with pytest.raises(
        ConstructError,
        match=rf"\[S/Job\] the {what} bucket is in us-east-1 and the job in eu-west-1",
    ):
        job(stack, **{argument: given})


def test_a_further_job_costs_the_jsii_kernel_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    shared = {"model": ModelArtifact.from_bucket(bucket, "net.tar.gz"), "role": role}
    job(stack, "First", output_bucket=bucket, **shared)
    calls: list[str] = []
    send = jsii_process._NodeProcess.send

    def counted(process: Any, request: Any, response_type: Any) -> Any:
        calls.append(type(request).__name__)
        return send(process, request, response_type)

    monkeypatch.setattr(jsii_process._NodeProcess, "send", counted)
    job(stack, "Second", output_bucket=bucket, **shared)
    assert calls == ["CreateRequest"]
