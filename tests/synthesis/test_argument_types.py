"""An argument of a wrong type is a sentence about the argument, not about an attribute."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationMatrix,
    CompilationNetwork,
    CompiledModel,
    ConstructError,
    ContinuousReconciliation,
    DataInputConfig,
    FleetAlarms,
    Framework,
    JobAlarms,
    MatrixModel,
    ModelArtifact,
    NeoCompilationProvider,
    NeoDashboard,
    Target,
    TargetPlatform,
)
from neo_constructs.request.argument_types import _KINDS, check_arguments
from neo_constructs.request.fleet_arguments import FleetArguments, FleetJobArguments
from neo_constructs.request.function_arguments import FunctionArguments
from neo_constructs.request.job_arguments import JobArguments
from tests.synthesis.conftest import ONNX, model


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("target", "ml_c5", "target is 'ml_c5' (str); allowed is a Target, as Target.ML_C5"),
        ("target", None, "target is None"),
        ("target", Target, "target is the class Target itself"),
        ("target", TargetPlatform(os="LINUX", arch="ARM64"), "allowed is a Target, as"),
        ("model", "s3://a/b.tar.gz", "ModelArtifact.from_asset(path)"),
        ("framework", "ONNX", "as Framework.ONNX"),
        ("output_bucket", "artifacts", 's3.Bucket.from_bucket_name(self, "Bucket", "name")'),
        ("output_bucket", s3.Bucket, "output_bucket is the class Bucket itself"),
        ("output_prefix", "s3://b/x", 'a folder in the bucket, as "compiled/vision"'),
        ("output_prefix", "a/../b", 'a folder in the bucket, as "compiled/vision"'),
        ("output_bucket_owner", "me", 'an account, as "111122223333"'),
        ("encryption_key", "arn:aws:kms:eu-west-1:1:key/1", "kms.Key.from_key_arn("),
        ("vpc", "vpc-1", "ec2.Vpc.from_lookup("),
        ("vpc_subnets", ["subnet-1"], "an ec2.SubnetSelection("),
        ("security_groups", ["sg-1"], "ec2.SecurityGroup.from_security_group_id("),
        ("security_groups", "sg-1", "a list of ec2.ISecurityGroup"),
        ("role", "arn:aws:iam::111122223333:role/x", "iam.Role.from_role_arn("),
        ("max_runtime", 900, "max_runtime is 900 (int); allowed is a cdk.Duration"),
        ("max_wait", timedelta(minutes=5), "cdk.Duration.minutes(30)"),
        ("removal_policy", "retain", "cdk.RemovalPolicy.DESTROY or cdk.RemovalPolicy.RETAIN"),
        ("wait", "false", "wait is 'false' (str); allowed is True or False"),
        ("wait", None, "wait is None"),
        ("retries", 11, "retries is 11 (int); allowed is a whole number from 0 to 10"),
        ("retries", "1", "retries is '1' (str)"),
        ("retries", True, "retries is True (bool)"),
        ("exact_output", "yes", "True or False"),
        ("identity", "", "identity is ''"),
    ],
)
def test_a_job_says_which_argument_is_wrong_and_what_is_allowed(
    stack: cdk.Stack, name: str, value: Any, said: str
) -> None:
    given: dict[str, Any] = {"model": model(stack), "target": Target.ML_C5, **ONNX, name: value}
    with pytest.raises(ConstructError) as caught:
        CompilationJob(stack, "Wrong", **given)
    assert str(caught.value).startswith(f"[S/Wrong] {name} is ")
    assert said in str(caught.value)


def test_a_job_of_a_fleet_says_the_same_with_its_name(stack: cdk.Stack) -> None:
    fleet = CompilationFleet(stack, "Fleet")
    given: dict[str, Any] = {"model": model(stack), "target": "ml_c5", **ONNX}
    with pytest.raises(ConstructError, match=r"\[S/Fleet: job 'one'\] target is 'ml_c5'"):
        fleet.add_job("one", **given)


def test_a_matrix_says_which_model_or_target_is_wrong(stack: cdk.Stack) -> None:
    good = MatrixModel(model(stack), **ONNX)
    wrong: Any = {"one": good.artifact}
    with pytest.raises(ConstructError, match=r"\[S/A\] models: 'one' is .* allowed are models by"):
        CompilationMatrix(stack, "A", models=wrong, targets=[Target.ML_C5])
    text: Any = ["ml_c5"]
    with pytest.raises(ConstructError, match=r"\[S/B: targets\] target is 'ml_c5'"):
        CompilationMatrix(stack, "B", models={"one": good}, targets=text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"models": []}, "models is a list; allowed are models by name"),
        ({"targets": Target.ML_C5}, "put it in a list"),
        ({"overrides": {"one/*": {"shapes": 1}}}, "one/*'] 'shapes' is not an argument"),
        ({"overrides": {"one/*": {"target": Target.ML_M4}}}, "'target' is not an argument"),
        ({"overrides": {"one/*": "x"}}, "allowed is a dict"),
    ],
)
def test_a_matrix_says_what_is_wrong_with_its_own_arguments(
    stack: cdk.Stack, changes: dict[str, Any], said: str, request: pytest.FixtureRequest
) -> None:
    good = {"models": {"one": MatrixModel(model(stack), **ONNX)}, "targets": [Target.ML_C5]}
    with pytest.raises(ConstructError) as caught:
        CompilationMatrix(stack, request.node.name.replace("/", ""), **{**good, **changes})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("state_bucket", "s"), ("deadline", 50), ("on_failure", "stop"), ("prune", "false")],
)
def test_a_fleet_says_which_argument_is_wrong(
    stack: cdk.Stack, name: str, value: Any, request: pytest.FixtureRequest
) -> None:
    given: dict[str, Any] = {name: value}
    with pytest.raises(ConstructError, match=rf"\] {name} is .*; allowed is "):
        CompilationFleet(stack, request.node.name, **given)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("watched", "Fleet", "FleetAlarms watches a fleet"),
        ("slower_than", 900, "allowed is a cdk.Duration"),
    ],
)
def test_alarms_on_jobs_say_which_argument_is_wrong(name: str, value: Any, said: str) -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    fleet = CompilationFleet(stack, "Fleet")
    given: dict[str, Any] = {"watched": NeoCompilationProvider.of(stack)}
    given[name] = fleet if value == "Fleet" else value
    with pytest.raises(ConstructError, match=rf"\[S/Alarms\] {name} is .*{said}"):
        JobAlarms(stack, "Alarms", **given)


def test_alarms_on_fleets_logs_and_core_ml_inputs_say_it_too() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    number: Any = 90
    with pytest.raises(ConstructError, match=r"pending_for is 90 \(int\); allowed is a cdk.Dur"):
        FleetAlarms(stack, "Alarms", fleet=CompilationFleet(stack, "Fleet"), pending_for=number)
    with pytest.raises(ConstructError, match=r"retention is 90 \(int\); allowed is a logs.Ret"):
        NeoCompilationProvider.of(stack).configure_logs(retention=number)
    plain: Any = {"image": {"shape": [1, 3]}}
    with pytest.raises(ValueError, match="allowed is a dict, each value CoreMlInput"):
        DataInputConfig.core_ml(plain)


def test_what_stands_around_jobs_says_it_too(stack: cdk.Stack) -> None:
    text: Any = "vpc-1"
    with pytest.raises(ConstructError, match=r"\[S/Network\] vpc is 'vpc-1'"):
        CompilationNetwork(stack, "Network", vpc=text)
    imported: Any = CompilationJob.from_compilation_job_name(stack, "Imported", "job")
    with pytest.raises(ConstructError, match="allowed is a CompilationJob of this app"):
        CompiledModel(stack, "Served", job=imported)
    topic: Any = sns.Topic(stack, "Topic")
    fleet = CompilationFleet(stack, "Watched")
    with pytest.raises(ConstructError, match=r"SnsAction\(topic\)"):
        FleetAlarms(stack, "Alarms", fleet=fleet, actions=[topic])


def test_what_watches_jobs_says_it_too(stack: cdk.Stack) -> None:
    text: Any = "fleet"
    with pytest.raises(ConstructError, match=r"\[S/Keep\] fleet is 'fleet'.* CompilationFleet"):
        ContinuousReconciliation(stack, "Keep", fleet=text)
    with pytest.raises(ConstructError, match=r"\[S/Fleets\] fleet is 'fleet'.* CompilationFleet"):
        FleetAlarms(stack, "Fleets", fleet=text)
    alone: Any = CompilationJob(stack, "Alone", model=model(stack), target=Target.ML_C5, **ONNX)
    with pytest.raises(ConstructError, match=r"\[S/One\] jobs is .* as \[job\]"):
        NeoDashboard(stack, "One", jobs=alone)
    with pytest.raises(ConstructError, match=r"\[S/Texts: jobs\] job is 'fleet'"):
        NeoDashboard(stack, "Texts", jobs=[text])


def test_targets_of_a_matrix_are_known(stack: cdk.Stack) -> None:
    late = Target.device(cdk.Aws.STACK_NAME)
    models = {"net": MatrixModel(model(stack), **ONNX)}
    with pytest.raises(ConstructError, match=r"known at deployment only.* CompilationJob"):
        CompilationMatrix(stack, "Late", models=models, targets=[late])


def test_a_bucket_s_name_is_no_bucket() -> None:
    name: Any = "models"
    with pytest.raises(ValueError, match=r"bucket is 'models' \(str\); allowed is an s3.IBucket"):
        ModelArtifact.from_bucket(name, "m.tar.gz")


@pytest.mark.parametrize("name", ["", "two words", "arn:aws:sagemaker:r:1:compilation-job/x"])
def test_what_is_no_name_of_a_job_is_not_imported_by_name(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(ConstructError, match=r"\[S/Not\] compilation_job_name is .* from_comp"):
        CompilationJob.from_compilation_job_name(stack, "Not", name)


def test_made_and_imported_constructs_and_tokens_are_taken(stack: cdk.Stack) -> None:
    own = iam.Role(stack, "M", assumed_by=iam.AccountRootPrincipal())
    cases: list[dict[str, object]] = [
        {"output_bucket": s3.Bucket(stack, "B1")},
        {"output_bucket": s3.Bucket.from_bucket_name(stack, "B2", "artifacts")},
        {"encryption_key": kms.Alias.from_alias_name(stack, "K", "alias/k")},
        {"vpc": ec2.Vpc.from_vpc_attributes(
            stack, "V", vpc_id="vpc-0123456789abcdef0", availability_zones=["a"]
        )},
        {"role": iam.Role.from_role_arn(stack, "R", "arn:aws:iam::111122223333:role/x")},
        {"role": own.without_policy_updates()},
        {"security_groups": [ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-1")]},
        {"output_prefix": cdk.Aws.STACK_NAME, "output_bucket_owner": cdk.Aws.ACCOUNT_ID},
        {"max_runtime": cdk.Duration.seconds(cdk.Token.as_number({"Ref": "P"}))},
        {"framework": None, "role": None, "vpc": None, "identity": None, "wait": False},
        {"target": Target.device(cdk.Aws.STACK_NAME), "framework": Framework.of("NEW")},
    ]  # fmt: skip
    for case in cases:
        check_arguments("S/Good", case)


def test_every_argument_has_its_kind() -> None:
    declared = {"model", "target", "fleet", "fleets", "reconciliation", "job", "jobs"}
    declared |= {"watched", "slower_than", "pending_for", "retention"}
    declared |= {"state_machine", "artifact", "actions", "exclude", "overrides"}
    for each in (JobArguments, FleetArguments, FleetJobArguments, FunctionArguments):
        declared |= set(each.__annotations__)
    assert declared == set(_KINDS)
