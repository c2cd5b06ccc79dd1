"""A role that another stack makes or imports gets its rights where they mean what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from neo_constructs import CompilationJob, Target
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import of_type

ARN = "arn:aws:iam::111122223333:role/Neo"


def made(stack: cdk.Stack) -> iam.IRole:
    return iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))


def imported(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Role", ARN)


def templates(make: Any, *, nested: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the templates of the role's stack and of the stack of its two jobs."""
    app = cdk.App(analytics_reporting=False)
    roles = cdk.Stack(app, "Roles")
    jobs = cdk.NestedStack(roles, "Jobs") if nested else cdk.Stack(app, "Jobs")
    role = make(roles)
    for target in (Target.ML_C5, Target.ML_M5):
        CompilationJob(jobs, target.label, model=model(jobs), target=target, role=role, **ONNX)
    assembly = app.synth()
    if nested:
        text = Path(assembly.directory, jobs.template_file).read_text(encoding="utf-8")
        return assembly.get_stack_by_name("Roles").template, json.loads(text)
    return (
        assembly.get_stack_by_name("Roles").template,
        assembly.get_stack_by_name("Jobs").template,
    )


def rights(template: dict[str, Any]) -> list[dict[str, Any]]:
    """Documents of policies that are not the provider's own."""
    found = of_type({"Resources": {}, **template}, "AWS::IAM::Policy").values()
    return [
        each["Properties"] for each in found
        if "s3:AbortMultipartUpload" in str(each["Properties"]["PolicyDocument"])
    ]  # fmt: skip


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("make", [made, imported])
def test_its_rights_are_one_policy_in_the_stack_of_the_jobs(make: Any, nested: bool) -> None:
    of_role, of_jobs = templates(make, nested=nested)
    assert rights(of_role) == []
    [policy] = rights(of_jobs)
    assert len(policy["Roles"]) == 1
    [written] = [
        each for each in policy["PolicyDocument"]["Statement"]
        if "s3:PutObject" in each["Action"]
    ]  # fmt: skip
    assert {"Ref": "AWS::StackId"} in _values(written["Resource"])  # of the stack that names jobs


def test_jobs_wait_for_that_policy() -> None:
    _, of_jobs = templates(made)
    [name] = [
        name for name, each in of_type(of_jobs, "AWS::IAM::Policy").items()
        if "RoleOfAnotherStack" in name
    ]  # fmt: skip
    entry = [
        each for name, each in of_type(of_jobs, "AWS::Lambda::Function").items()
        if "frameworkonEvent" in name
    ]  # fmt: skip
    assert name in entry[0]["DependsOn"]


def test_a_role_without_policy_updates_gets_none() -> None:
    of_role, of_jobs = templates(lambda stack: made(stack).without_policy_updates())  # type: ignore[attr-defined]
    assert rights(of_role) == rights(of_jobs) == []


def _values(node: Any) -> list[Any]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [node, *(found for each in inner for found in _values(each))]
