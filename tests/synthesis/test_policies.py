"""What the roles may do: no more than they need, for any number of jobs."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationJob, ModelArtifact, Target
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import (
    OWNER,
    Resolver,
    of_type,
    only,
    statements,
    synthesized,
)

JOBS_ARN = f"arn:aws:sagemaker:us-east-1:123456789012:compilation-job/{OWNER}-*"
PROVIDER = "NeoCompilationProvider"


def actions_of(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def granted(template: dict[str, Any], policy: str) -> list[tuple[str, dict[str, Any]]]:
    """Actions (in one text) and statement of all policies whose logical id begins so."""
    return [
        (" ".join(actions_of(statement)), Resolver().resolve(statement))
        for name, statement in statements(template)
        if name.startswith(policy)
    ]


def test_only_this_stacks_jobs_can_use_the_jobs_role(plain: dict[str, Any]) -> None:
    [role] = [r for name, r in of_type(plain, "AWS::IAM::Role").items() if name.startswith("Job")]
    [trust] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert Resolver().resolve(trust) == {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Condition": {
            "ArnLike": {"aws:SourceArn": JOBS_ARN},
            "StringEquals": {"aws:SourceAccount": "123456789012"},
        },
    }


def test_a_jobs_role_reads_one_object_and_writes_its_own_folder(plain: dict[str, Any]) -> None:
    [bucket] = of_type(plain, "AWS::S3::Bucket")
    out, models = f"value-of-{bucket}.Arn", "arn:aws:s3:::models"
    key = "nets/squeezenet.tar.gz"
    assert [
        (actions, statement["Resource"], statement.get("Condition", {}).get("StringLike"))
        for actions, statement in granted(plain, "JobRole")
    ] == [
        ("s3:GetObject", f"{models}/{key}", None),
        ("s3:ListBucket", models, {"s3:prefix": f"{key}*"}),
        ("s3:GetBucketLocation", models, None),
        ("s3:AbortMultipartUpload s3:PutObject", f"{out}/compiled/{OWNER}-*", None),
        ("s3:ListBucket", out, {"s3:prefix": "compiled/*"}),
        ("s3:GetBucketLocation", out, None),
        (
            "logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogStreams logs:PutLogEvents",
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/CompilationJobs*",
            None,
        ),
    ]


def test_keys_are_used_through_s3_alone(full: dict[str, Any]) -> None:
    through_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    found = {
        actions: statement.get("Condition")
        for actions, statement in granted(full, "JobRole")
        if actions.startswith("kms:")
    }
    assert found == {
        "kms:Decrypt": through_s3,
        "kms:Decrypt kms:Encrypt kms:GenerateDataKey": through_s3,
        "kms:DescribeKey": None,
    }


def test_ec2_is_allowed_only_to_jobs_in_a_network(
    plain: dict[str, Any], full: dict[str, Any]
) -> None:
    def ec2_actions(template: dict[str, Any]) -> list[str]:
        found = [actions for actions, _ in granted(template, "JobRole")]
        return [actions for actions in found if actions.startswith("ec2:")]

    assert ec2_actions(plain) == []
    assert len(ec2_actions(full)[0].split()) == 11


def test_stars_are_the_two_that_have_no_narrower_resource(full: dict[str, Any]) -> None:
    stars = [
        actions_of(statement)[0]
        for _, statement in statements(full)
        if "*" in (statement["Resource"], *statement["Resource"])
    ]
    assert sorted(stars) == ["ec2:CreateNetworkInterface", "sagemaker:ListCompilationJobs"]


def test_no_function_can_create_a_log_group(full: dict[str, Any]) -> None:
    for name, statement in statements(full):
        if name.startswith(PROVIDER):
            assert "logs:CreateLogGroup" not in actions_of(statement), name
    assert only(full, "AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 90
    functions = of_type(full, "AWS::Lambda::Function")
    [log_group] = of_type(full, "AWS::Logs::LogGroup")
    for name, function in functions.items():
        if name.startswith(PROVIDER):
            assert function["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": log_group}


def test_no_role_of_the_provider_has_a_managed_policy_of_aws(full: dict[str, Any]) -> None:
    for name, role in of_type(full, "AWS::IAM::Role").items():
        if name.startswith(PROVIDER):
            assert "ManagedPolicyArns" not in role["Properties"], name


def test_the_first_function_reads_the_stacks_phase_and_nothing_else(plain: dict[str, Any]) -> None:
    found = granted(plain, f"{PROVIDER}OnEvent")
    assert [actions for actions, _ in found] == [
        "logs:CreateLogStream logs:PutLogEvents",
        "cloudformation:DescribeStacks",
    ]


def test_jobs_are_touched_only_under_the_stacks_prefix(plain: dict[str, Any]) -> None:
    for actions, statement in granted(plain, f"{PROVIDER}IsComplete"):
        if actions != "sagemaker:ListCompilationJobs" and actions.startswith("sagemaker:"):
            assert statement["Resource"] == JOBS_ARN


def test_every_function_calls_only_the_one_that_it_is_for(plain: dict[str, Any]) -> None:
    calls = {
        name: Resolver().resolve(statement["Resource"])
        for name, statement in statements(plain)
        if "lambda:InvokeFunction" in actions_of(statement) and "Framework" in name
    }
    framework = {name: target for name, target in calls.items() if "waiter" not in name}
    assert {name.removeprefix(PROVIDER)[:18] for name in framework} == {
        "FrameworkOnEventPo",
        "FrameworkIsComplet",
    }
    assert all(isinstance(target, str) and "*" not in target for target in framework.values())


@pytest.fixture(scope="module")
def hundred_jobs() -> dict[str, Any]:
    """A stack of 100 jobs with roles and output prefixes of their own."""

    def build(stack: cdk.Stack) -> None:
        trained = model(stack)
        bucket = s3.Bucket.from_bucket_name(stack, "Out", "a-bucket-with-a-name-of-some-length")
        for number in range(100):
            CompilationJob(
                stack, f"Job{number}", model=trained, target=Target.ML_C5, output_bucket=bucket,
                output_prefix=f"teams/vision/models/{number:03d}", **ONNX,
            )  # fmt: skip

    return synthesized(build)


def test_a_hundred_jobs_with_own_roles_stay_within_the_limits_of_iam(
    hundred_jobs: dict[str, Any],
) -> None:
    # The longest ARNs that there can be: a role's name has at most 64 characters.
    roles = of_type(hundred_jobs, "AWS::IAM::Role")
    longest = {
        f"{name}.Arn": f"arn:aws-us-gov:iam::123456789012:role/{name[-64:]:x<64}" for name in roles
    }
    packs = {
        name: item for name, item in of_type(hundred_jobs, "AWS::IAM::ManagedPolicy").items()
        if name.startswith(f"{PROVIDER}Permissions")
    }  # fmt: skip
    passed: list[str] = []
    for item in packs.values():
        document = Resolver(longest).resolve(item["Properties"]["PolicyDocument"])
        assert len(json.dumps(document, separators=(",", ":"))) <= 6_144
        for statement in document["Statement"]:
            if statement["Action"] == "iam:PassRole":
                passed += statement["Resource"]
    assert 1 < len(packs) <= 9  # ten managed policies a role, one is the handler's own
    assert len(set(passed)) == len(passed) == 100
    assert len(hundred_jobs["Resources"]) <= 500


def test_roles_are_passed_by_name_and_only_to_sagemaker(hundred_jobs: dict[str, Any]) -> None:
    for _, statement in statements(hundred_jobs):
        if "iam:PassRole" in actions_of(statement):
            assert all("*" not in json.dumps(arn) for arn in statement["Resource"])
            assert statement["Condition"] == {
                "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
            }


def test_a_given_role_gets_what_the_job_needs_unless_it_may_not_be_changed() -> None:
    def build(stack: cdk.Stack) -> None:
        role = iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, role=role, **ONNX)

    def build_frozen(stack: cdk.Stack) -> None:
        role = iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        CompilationJob(
            stack, "Job", model=model(stack), target=Target.ML_C5,
            role=role.without_policy_updates(), **ONNX,
        )  # fmt: skip

    assert "s3:GetObject" in dict(granted(synthesized(build), "GivenDefaultPolicy"))
    frozen = synthesized(build_frozen)
    assert granted(frozen, "GivenDefaultPolicy") == []
    assert "iam:PassRole" in dict(granted(frozen, f"{PROVIDER}Permissions"))


def test_a_model_package_is_read_and_no_bucket_for_it() -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/nets/3"
    template = synthesized(
        lambda stack: CompilationJob(
            stack, "Job", model=ModelArtifact.from_model_package(arn), target=Target.ML_C5
        )
    )
    rights = dict(granted(template, "JobRole"))
    assert rights["sagemaker:DescribeModelPackage"]["Resource"] == arn
    assert "s3:GetObject" not in rights


@pytest.mark.parametrize(
    ("digest", "looks", "decrypts"),
    [
        ({"object_version": "v1"}, True, False),
        ({"digest": "etag:0123"}, True, False),
        ({"digest": f"sha256:{64 * '0'}"}, True, True),
        ({"digest": "build-17"}, False, False),
        ({}, False, False),
    ],
)
def test_the_model_is_looked_up_only_if_its_content_is_declared(
    digest: dict[str, str], looks: bool, decrypts: bool
) -> None:
    def build(stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "In", encryption=s3.BucketEncryption.KMS)
        trained = ModelArtifact.from_bucket(bucket, "net.tar.gz", **digest)
        CompilationJob(stack, "Job", model=trained, target=Target.ML_C5, **ONNX)

    found = granted(synthesized(build), f"{PROVIDER}Permissions")
    [objects] = [s["Resource"] for actions, s in found if actions == "s3:GetObject"]
    assert any(arn.endswith("/net.tar.gz") for arn in objects) is looks
    assert any(actions == "kms:Decrypt" for actions, _ in found) is decrypts


def test_a_version_and_a_digest_together_are_refused() -> None:
    stack = cdk.Stack(cdk.App(), "S")
    with pytest.raises(ValueError, match="both given"):
        ModelArtifact.from_bucket(
            s3.Bucket.from_bucket_name(stack, "B", "bucket"),
            "k.tar.gz",
            object_version="1",
            digest="2",
        )
