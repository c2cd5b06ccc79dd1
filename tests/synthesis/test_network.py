"""Jobs in a VPC: what Neo cannot use is refused, what it may not reach is warned of."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from neo_constructs import (
    CompilationNetwork,
    ConstructError,
)
from tests.synthesis.annotations import warnings_of
from tests.synthesis.rendering import template_of
from tests.synthesis.vpcs import isolated_vpc, job, new_stack


def test_subnets_without_an_endpoint_are_warned_of_wherever_it_may_come_from() -> None:
    stack = new_stack()
    job(stack, vpc=isolated_vpc(stack))
    template_of(stack)
    [text] = warnings_of(stack, "no S3 gateway endpoint")
    assert "S/Vpc/JobsSubnet1, S/Vpc/JobsSubnet2" in text
    assert "CompilationNetwork" in text


@pytest.mark.parametrize(
    "where", ["in the vpc", "in the stack", "in another stack", "network", "imported", "interface"]
)
def test_an_endpoint_that_is_made_after_the_job_is_seen(where: str) -> None:
    stack = new_stack()
    vpc = isolated_vpc(stack)
    job(stack, vpc=vpc)
    service = ec2.GatewayVpcEndpointAwsService.S3
    match where:
        case "in the vpc":
            vpc.add_gateway_endpoint("S3", service=service)
        case "in the stack":
            ec2.GatewayVpcEndpoint(stack, "S3", vpc=vpc, service=service)
        case "in another stack":
            ec2.GatewayVpcEndpoint(
                cdk.Stack(cdk.App.of(stack), "Two"), "S3", vpc=vpc, service=service
            )
        case "interface":
            vpc.add_interface_endpoint("S3", service=ec2.InterfaceVpcEndpointAwsService.S3)
        case "network":
            CompilationNetwork(stack, "Net", vpc=vpc)
        case _:
            known = ec2.GatewayVpcEndpoint.from_gateway_vpc_endpoint_id(stack, "E", "vpce-1")
            CompilationNetwork(stack, "Net", vpc=vpc, s3_endpoint=known)
    template_of(stack)
    assert warnings_of(stack, "no S3 gateway endpoint") == []


def test_public_subnets_are_warned_of() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=0)
    job(stack, vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC))
    assert warnings_of(stack, "no public address")
    quiet = new_stack()
    job(quiet, vpc=ec2.Vpc(quiet, "Vpc", max_azs=1))
    assert warnings_of(quiet, "no public address") == []


@pytest.mark.parametrize("tenancy", [ec2.DefaultInstanceTenancy.DEDICATED])
def test_dedicated_tenancy_is_refused(tenancy: ec2.DefaultInstanceTenancy) -> None:
    stack = new_stack()
    vpc = isolated_vpc(stack, default_instance_tenancy=tenancy)
    with pytest.raises(ConstructError, match=r"\[S/Job\] the VPC S/Vpc has dedicated tenancy"):
        job(stack, vpc=vpc)
    with pytest.raises(ConstructError, match=r"\[S/Net\] the VPC S/Vpc has dedicated tenancy"):
        CompilationNetwork(stack, "Net", vpc=vpc)


def test_subnets_and_groups_of_another_vpc_are_refused() -> None:
    stack = new_stack()
    vpc, other = isolated_vpc(stack), isolated_vpc(stack, "Other")
    foreign = ec2.SubnetSelection(subnets=[vpc.isolated_subnets[0], other.isolated_subnets[0]])
    with pytest.raises(ConstructError, match="subnet S/Other/JobsSubnet1 is of the VPC S/Other "):
        job(stack, vpc=vpc, vpc_subnets=foreign)
    group = ec2.SecurityGroup(stack, "Group", vpc=other)
    with pytest.raises(ConstructError, match=r"group S/Group is of the VPC S/Other and .* S/Vpc;"):
        job(stack, "Second", vpc=vpc, security_groups=[group])
    job(stack, "Third", vpc=other, security_groups=[group])


def test_subnets_of_another_imported_vpc_are_refused_by_its_id() -> None:
    stack = new_stack()
    vpcs = [
        ec2.Vpc.from_vpc_attributes(
            stack, name, vpc_id=name, availability_zones=["a"],
            private_subnet_ids=[f"subnet-{name}"],
        )
        for name in ("vpc-1", "vpc-2")
    ]  # fmt: skip
    with pytest.raises(ConstructError, match="is of the VPC vpc-2 and the job's is vpc-1"):
        job(
            stack, vpc=vpcs[0], vpc_subnets=ec2.SubnetSelection(subnets=vpcs[1].private_subnets)
        )  # fmt: skip


def test_a_vpc_that_only_cloudformation_knows_is_not_taken_for_another() -> None:
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "VpcId")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id=parameter.value_as_string, availability_zones=["a"],
        private_subnet_ids=["subnet-1"], vpc_cidr_block="10.0.0.0/16",
    )  # fmt: skip
    group = ec2.CfnSecurityGroup(stack, "Raw", group_description="raw", vpc_id="vpc-1")
    job(
        stack, vpc=vpc,
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "G", group.attr_group_id)],
    )  # fmt: skip
    own = ec2.SecurityGroup(stack, "Own", vpc=isolated_vpc(stack, "Made"))
    job(stack, "Unknown", vpc=vpc, security_groups=[own])  # may be the same VPC, for all we know


def test_a_subnet_or_group_given_twice_is_refused() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-1"], vpc_cidr_block="10.0.0.0/16",
    )  # fmt: skip
    with pytest.raises(ConstructError, match="vpc_subnets: subnet-1 is there twice"):
        job(stack, vpc=vpc)
    groups = [ec2.SecurityGroup.from_security_group_id(stack, n, "sg-1") for n in ("G", "H")]
    with pytest.raises(ConstructError, match="security_groups: sg-1 is there twice"):
        job(stack, "Second", vpc=isolated_vpc(stack, "Made"), security_groups=groups)
