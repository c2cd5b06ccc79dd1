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
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationNetwork,
    ContinuousReconciliation,
    Target,
)
from tests.synthesis.conftest import ONNX, full_job, model
from tests.synthesis.rendering import JOB, of_type, synthesized


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
    """Return everything that is made before a resource and deleted after it."""
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
        "AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress",
        "AWS::KMS::Alias", "Custom::S3AutoDeleteObjects",
    )  # fmt: skip
    return {name for kind in kinds for name in of_type(template, kind)}


def job_with_late_permissions(stack: cdk.Stack) -> CompilationJob:
    """Return a job whose role, network and shared handler get more after it was declared."""
    job = full_job(stack)
    assert isinstance(job.role, iam.Role)
    job.role.attach_inline_policy(
        iam.Policy(
            job.role, "Later",
            statements=[iam.PolicyStatement(actions=["s3:GetObjectTagging"], resources=["*"])],
        )
    )  # fmt: skip
    job.connections.allow_from_any_ipv4(ec2.Port.tcp(8443))
    CompilationJob(stack, "Other", model=model(stack), target=Target.ML_C5, **ONNX)
    return job


def job_in_a_network(stack: cdk.Stack) -> None:
    """A job in an imported VPC whose endpoint and group are made for it, with a key by its alias
    and a key policy that comes late.
    """
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"], vpc_cidr_block="10.0.0.0/16",
        private_subnet_ipv4_cidr_blocks=["10.0.0.0/24", "10.0.1.0/24"],
    )  # fmt: skip
    network = CompilationNetwork(stack, "Network", vpc=vpc)
    key = kms.Key(stack, "Key")
    job = CompilationJob(
        stack, "Job", model=model(stack), target=Target.ML_C5, vpc=network.vpc,
        vpc_subnets=network.vpc_subnets, security_groups=[network.security_group],
        encryption_key=key.add_alias("alias/neo"), **ONNX,
    )  # fmt: skip
    key.grant_decrypt(job)


def fleet(stack: cdk.Stack) -> None:
    """A fleet on a schedule in a network, with keys for everything."""
    job = full_job(stack)
    log_key = kms.Key(stack, "LogKey")
    made = CompilationFleet(
        stack, "Fleet", vpc=stack.node.find_child("Vpc"),  # type: ignore[arg-type]
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        output_bucket=stack.node.find_child("Out"),  # type: ignore[arg-type]
        state_encryption_key=kms.Key(stack, "StateKey"), log_encryption_key=log_key,
    )  # fmt: skip
    made.add_job("m", model=model(stack), target=Target.ML_C5, **ONNX)
    ContinuousReconciliation(
        stack, "Keep", fleet=made, queue_encryption_key=kms.Key(stack, "QueueKey"),
        upload_bucket=s3.Bucket(stack, "Git", encryption=s3.BucketEncryption.KMS),
    )  # fmt: skip
    job.connections.allow_from_any_ipv4(ec2.Port.tcp(8443))


JOBS = [full_job, job_with_late_permissions, job_in_a_network]


@pytest.mark.parametrize("build", JOBS)
def test_nothing_that_a_job_needs_is_outside_its_dependencies(build: Any) -> None:
    template = synthesized(build)
    job = next(name for name in of_type(template, JOB) if name.startswith("Job"))
    own = closure(template, job)
    foreign = {name for name in needed(template) if name.startswith("Other")}
    assert needed(template) - foreign - own == set()


def test_nothing_that_a_fleet_or_its_schedule_needs_is_outside_their_dependencies() -> None:
    template = synthesized(fleet)
    [custom] = of_type(template, "Custom::NeoCompilationFleet")
    [rule] = [name for name in of_type(template, "AWS::Events::Rule") if "Schedule" in name]
    not_the_fleets = ("Job", "InKey", "NeoCompilation", "Keep", "Git", "QueueKey")
    fleets = {name for name in needed(template) if not name.startswith(not_the_fleets)}
    assert {"AWS::KMS::Key", "AWS::EC2::VPCEndpoint", "AWS::IAM::ManagedPolicy"} <= {
        template["Resources"][name]["Type"] for name in fleets
    }
    assert fleets - closure(template, custom) == set()
    schedules = {name for name in needed(template) if name.startswith(("Keep", "Git", "QueueKey"))}
    assert schedules - closure(template, rule) == set()
    assert custom in closure(template, rule)


def without_orders(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template with references alone."""
    resources = {
        name: {key: value for key, value in item.items() if key != "DependsOn"}
        for name, item in template["Resources"].items()
    }
    return {**template, "Resources": resources}


@pytest.mark.parametrize("build", [*JOBS, fleet])
def test_without_what_is_ordered_things_would_be_missing(build: Any) -> None:
    template = synthesized(build)
    bare = without_orders(template)
    kinds = ("Custom::NeoCompilationFleet", JOB)
    [start, *_] = [name for kind in kinds for name in of_type(template, kind)]
    missing = needed(bare) - closure(bare, start) - (needed(template) - closure(template, start))
    assert {"AWS::IAM::ManagedPolicy"} <= {bare["Resources"][name]["Type"] for name in missing}
    assert len(missing) > 4


def test_what_is_imported_adds_nothing_to_wait_for() -> None:
    def build(stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"],
            private_subnet_ids=["subnet-1"],
        )  # fmt: skip
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:123456789012:key/1")
        CompilationJob(
            stack, "Job", model=model(stack), target=Target.ML_C5, vpc=vpc, encryption_key=key,
            role=iam.Role.from_role_arn(stack, "R", "arn:aws:iam::123456789012:role/given"),
            output_bucket=s3.Bucket.from_bucket_name(stack, "Out", "out"),
            security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-1")], **ONNX,
        )  # fmt: skip

    template = synthesized(build)
    [job] = of_type(template, JOB)
    assert needed(template) - closure(template, job) == set()
    assert not {"AWS::EC2::SecurityGroup", "AWS::KMS::Key", "AWS::S3::Bucket"} & {
        template["Resources"][name]["Type"] for name in closure(template, job)
    }


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


@pytest.mark.parametrize("build", [*JOBS, fleet])
def test_a_template_has_no_circle(build: Any) -> None:
    template = synthesized(build)
    for name in template["Resources"]:
        assert name not in closure_of_waits(template, name)


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
    """Return what a resource waits for; itself among it where there is a circle."""
    resource = template["Resources"][name]
    waits_for = resource.get("DependsOn", [])
    direct = {waits_for} if isinstance(waits_for, str) else set(waits_for)
    direct |= {
        other
        for other in references(resource.get("Properties", {}))
        if other in template["Resources"]
    }
    return direct.union(*(closure(template, other) for other in direct))
