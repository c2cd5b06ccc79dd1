"""What is refused, or warned of, when the whole app is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationFleet, CompilationJob, ConstructError, Target
from tests.synthesis.annotations import warnings_of
from tests.synthesis.conftest import ONNX, model

TRUST = "trusts lambda.amazonaws.com; SageMaker must be allowed to assume it"
Declare = Callable[[cdk.Stack, iam.IRole | None], CompilationJob | CompilationFleet]


def declare_job(stack: cdk.Stack, role: iam.IRole | None = None) -> CompilationJob:
    given: dict[str, Any] = {} if role is None else {"role": role}
    return CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **given, **ONNX)


def declare_fleet(stack: cdk.Stack, role: iam.IRole | None = None) -> CompilationFleet:
    given: dict[str, Any] = {} if role is None else {"role": role}
    fleet = CompilationFleet(stack, "Fleet", **given)
    fleet.add_job("net", model=model(stack), target=Target.ML_C5, **ONNX)
    return fleet


BOTH = pytest.mark.parametrize("declare", [declare_job, declare_fleet])


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S")


def role_for(stack: cdk.Stack, *services: str) -> iam.Role:
    principals = [iam.ServicePrincipal(service) for service in services]
    return iam.Role(stack, "Role", assumed_by=iam.CompositePrincipal(*principals))


def synthesize(stack: cdk.Stack) -> None:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    app.synth()


@BOTH
def test_a_role_that_sagemaker_cannot_assume_is_refused(stack: cdk.Stack, declare: Declare) -> None:
    declare(stack, role_for(stack, "lambda.amazonaws.com"))
    with pytest.raises(RuntimeError, match=TRUST):
        synthesize(stack)


def test_a_role_of_one_job_in_a_fleet_is_checked_too(stack: cdk.Stack) -> None:
    fleet = declare_fleet(stack)
    role = role_for(stack, "lambda.amazonaws.com")
    fleet.add_job("other", model=model(stack), target=Target.ML_C4, role=role, **ONNX)
    with pytest.raises(RuntimeError, match=TRUST):
        synthesize(stack)


@BOTH
def test_a_role_may_trust_others_beside_sagemaker_and_learn_to_later(
    stack: cdk.Stack, declare: Declare
) -> None:
    role = role_for(stack, "lambda.amazonaws.com")
    declare(stack, role)
    assert role.assume_role_policy is not None
    role.assume_role_policy.add_statements(
        iam.PolicyStatement(
            actions=["sts:AssumeRole"],
            principals=[iam.ServicePrincipal("sagemaker.amazonaws.com")],
        )
    )
    synthesize(stack)


@BOTH
def test_what_an_imported_role_trusts_is_not_known(stack: cdk.Stack, declare: Declare) -> None:
    declare(stack, iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/neo"))
    synthesize(stack)


@BOTH
@pytest.mark.parametrize("key", ["aws:team", "AWS:team"])
def test_a_tag_of_awss_own_is_refused(stack: cdk.Stack, declare: Declare, key: str) -> None:
    cdk.Tags.of(declare(stack, None)).add(key, "vision")
    with pytest.raises(RuntimeError, match="NEO531"):
        synthesize(stack)


@BOTH
def test_more_tags_than_a_job_can_have_are_refused(stack: cdk.Stack, declare: Declare) -> None:
    tagged = declare(stack, None)
    for number in range(51):
        cdk.Tags.of(tagged).add(f"key-{number}", "value")
    with pytest.raises(RuntimeError, match="Tags has 51 items"):
        synthesize(stack)


@BOTH
def test_a_tag_with_the_reconcilers_prefix_is_warned_of(stack: cdk.Stack, declare: Declare) -> None:
    cdk.Tags.of(declare(stack, None)).add("neo:team", "vision")
    assert any("reserved by the reconciler" in text for text in warnings_of(stack))


def test_tags_of_deploy_time_values_are_left_to_the_deployment(stack: cdk.Stack) -> None:
    team = cdk.CfnParameter(stack, "Team").value_as_string
    cdk.Tags.of(declare_job(stack)).add("team", team)
    synthesize(stack)


def test_an_asymmetric_key_is_refused(stack: cdk.Stack) -> None:
    key = kms.Key(
        stack, "Key", key_spec=kms.KeySpec.RSA_2048, key_usage=kms.KeyUsage.ENCRYPT_DECRYPT
    )
    with pytest.raises(ConstructError, match="the key S/Key is asymmetric"):
        CompilationFleet(stack, "Fleet", encryption_key=key)


def test_a_fleet_is_annotated_once_for_each_rule_that_warns(stack: cdk.Stack) -> None:
    fleet = CompilationFleet(stack, "Fleet")
    for name in ("one", "two", "three"):
        fleet.add_job(
            name,
            model=model(stack),
            target=Target.ML_C5,
            compiler_options={"no-such-option": 1},
            **ONNX,
        )
    found = [text for text in warnings_of(stack) if "no-such-option" in text]
    assert len(found) == 1
    assert "for example job 'one'" in found[0]


def test_a_grant_to_an_imported_job_says_that_its_role_is_not_known(stack: cdk.Stack) -> None:
    job = CompilationJob.from_compilation_job_name(stack, "Job", "vision-1")
    with pytest.raises(RuntimeError, match="imported without a role"):
        s3.Bucket(stack, "Bucket").grant_read(job)  # type: ignore[arg-type]  # mypy would say so too


@pytest.mark.parametrize(("wait", "count"), [(True, 1), (False, 0)])
def test_a_runtime_that_only_the_deployment_knows_is_warned_of_if_it_waits(
    stack: cdk.Stack, wait: bool, count: int
) -> None:
    seconds = cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number
    CompilationJob(
        stack, "Job", model=model(stack), target=Target.ML_C5, wait=wait,
        max_runtime=cdk.Duration.seconds(seconds), **ONNX,
    )  # fmt: skip
    assert len(warnings_of(stack, "unknownRuntime", "/S/Job")) == count
