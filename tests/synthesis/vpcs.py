"""Stacks with a VPC, and jobs in it."""

from __future__ import annotations

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from neo_constructs import CompilationJob, CompilationNetwork, Target
from tests.synthesis.conftest import ONNX, model

ISOLATED: Final = ec2.SubnetType.PRIVATE_ISOLATED
HERE: Final = cdk.Environment(account="111122223333", region="eu-west-1")


def new_stack(env: cdk.Environment | None = None) -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S", env=env)


def isolated_vpc(stack: cdk.Stack, name: str = "Vpc", **more: Any) -> ec2.Vpc:
    return ec2.Vpc(
        stack, name, max_azs=2, nat_gateways=0,
        subnet_configuration=[ec2.SubnetConfiguration(name="Jobs", subnet_type=ISOLATED)], **more,
    )  # fmt: skip


def private_vpc(stack: cdk.Stack) -> ec2.Vpc:
    """Isolated subnets whose only way out is S3's gateway endpoint."""
    service = ec2.GatewayVpcEndpointAwsService.S3
    endpoint = ec2.GatewayVpcEndpointOptions(service=service)
    return isolated_vpc(stack, gateway_endpoints={"S3": endpoint})


def job(stack: cdk.Stack, name: str = "Job", **more: Any) -> CompilationJob:
    return CompilationJob(stack, name, model=model(stack), target=Target.ML_C5, **ONNX, **more)


def job_in(network: CompilationNetwork, stack: cdk.Stack) -> CompilationJob:
    return job(
        stack, vpc=network.vpc, vpc_subnets=network.vpc_subnets,
        security_groups=[network.security_group],
    )  # fmt: skip
