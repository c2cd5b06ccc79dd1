"""The arguments of the functions behind jobs, fleets and schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_


class FunctionArguments(TypedDict, total=False):
    """What an organisation asks of functions.

    Attributes:
        vpc: Network of the functions. From there they call the APIs of SageMaker, CloudFormation,
            S3, Lambda and Step Functions, by a NAT gateway or by endpoints.
        vpc_subnets: Which subnets of it. Default: its private ones.
        security_groups: Their security groups, used as they are. Default: one of their own:
            nothing in, HTTPS out.
        environment_encryption: A symmetric key for the environment variables.
        reserved_concurrent_executions: Of each function, at least 1. With few, deployments of many
            jobs take longer.
        runtime: Of the functions in Python, 3.12 or later. Default: 3.13.
        tracing: Whether X-Ray traces the functions, and the state machine that waits for jobs.
    """

    vpc: ec2.IVpc | None
    vpc_subnets: ec2.SubnetSelection | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    environment_encryption: kms.IKey | None
    reserved_concurrent_executions: int | None
    runtime: lambda_.Runtime | None
    tracing: bool
