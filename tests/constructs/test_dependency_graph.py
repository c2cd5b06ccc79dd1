"""Creation and deletion in the right order: whatever a job needs is there first and goes last.

The custom resource's dependency closure is computed from the template, as CloudFormation does it:
DependsOn, and every reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from neo_constructs import CompilationJob, Target
from tests.constructs.conftest import ONNX, full_job, model
from tests.constructs.rendering import JOB, of_type, synthesized


def references(node: Any) -> Iterator[str]:
    """Logical ids that a node of a template refers to."""
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{(\w+)", text)
        case dict():
            for value in node.values():
                yield from references(value)
        case list():
            for value in node:
                yield from references(value)


def closure(template: dict[str, Any], start: str) -> set[str]:
    """Everything that is made before a resource and deleted after it."""
    resources = template["Resources"]
    seen: set[str] = set()
    todo = [start]
    while todo:
        resource = resources[todo.pop()]
        waits_for = resource.get("DependsOn", [])
        direct = [waits_for] if isinstance(waits_for, str) else waits_for
        for name in (*direct, *references(resource.get("Properties", {}))):
            if name in resources and name not in seen:
                seen.add(name)
                todo.append(name)
    return seen


def needed(template: dict[str, Any]) -> set[str]:
    """Every policy of a role, log group, key, endpoint and group rule, wherever it was made."""
    kinds = (
        "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Logs::LogGroup", "AWS::KMS::Key",
        "AWS::EC2::VPCEndpoint", "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::SecurityGroupEgress", "Custom::S3AutoDeleteObjects",
    )  # fmt: skip
    return {name for kind in kinds for name in of_type(template, kind)}


def job_with_late_permissions(stack: cdk.Stack) -> CompilationJob:
    """A job whose role, network and shared handler get more after it was declared."""
    job = full_job(stack)
    assert isinstance(job.role, iam.Role)
    job.role.attach_inline_policy(
        iam.Policy(
            job.role, "Later",
            statements=[iam.PolicyStatement(actions=["s3:GetObjectTagging"], resources=["*"])],
        )
    )  # fmt: skip
    job.connections.allow_from_any_ipv4(cdk.aws_ec2.Port.tcp(8443))
    CompilationJob(stack, "Other", model=model(stack), target=Target.ML_C5, **ONNX)
    return job


@pytest.mark.parametrize("build", [full_job, job_with_late_permissions])
def test_nothing_that_a_job_needs_is_outside_its_dependencies(build: Any) -> None:
    template = synthesized(build)
    job = next(name for name in of_type(template, JOB) if name.startswith("Job"))
    own = closure(template, job)
    foreign = {name for name in needed(template) if name.startswith("Other")}
    assert needed(template) - foreign - own == set()


def test_the_graph_test_sees_a_policy_that_nobody_ordered() -> None:
    def build(stack: cdk.Stack) -> None:
        job = full_job(stack)
        iam.ManagedPolicy(
            stack, "Unordered", roles=[iam.Role.from_role_name(stack, "R", "x")],
            statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])],
        )  # fmt: skip
        del job

    template = synthesized(build)
    [job] = of_type(template, JOB)
    missing = needed(template) - closure(template, job)
    assert [name[:9] for name in missing] == ["Unordered"]


def test_a_template_has_no_circle(full: dict[str, Any]) -> None:
    for name in full["Resources"]:
        assert name not in closure(full, name)


def test_a_job_can_wait_for_another_without_waiting_for_itself() -> None:
    def build(stack: cdk.Stack) -> None:
        first = CompilationJob(stack, "First", model=model(stack), target=Target.ML_C5, **ONNX)
        second = CompilationJob(stack, "Second", model=model(stack), target=Target.RASP3B, **ONNX)
        second.node.add_dependency(first)

    template = synthesized(build)
    assert not [name for name in template["Resources"] if name in closure_of_waits(template, name)]
    first, second = sorted(of_type(template, JOB))
    assert first in closure(template, second)


def closure_of_waits(template: dict[str, Any], name: str) -> set[str]:
    """What a resource waits for; itself among it where there is a circle."""
    resource = template["Resources"][name]
    waits_for = resource.get("DependsOn", [])
    direct = {waits_for} if isinstance(waits_for, str) else set(waits_for)
    direct |= {
        other
        for other in references(resource.get("Properties", {}))
        if other in template["Resources"]
    }
    return direct.union(*(closure(template, other) for other in direct))
