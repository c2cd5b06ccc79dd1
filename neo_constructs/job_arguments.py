"""The optional arguments of a CompilationJob, typed, for constructs that pass them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs.compiler_options import CompilerOptions
from neo_constructs.data_input_config import DataInputConfig
from neo_constructs.framework import Framework


class JobArguments(TypedDict, total=False):
    """What CompilationJob takes besides model and target; see there."""

    framework: Framework
    framework_version: str
    data_input_config: DataInputConfig | Mapping[str, Any] | Sequence[Any] | str
    compiler_options: CompilerOptions | Mapping[str, Any] | str
    output_bucket: s3.IBucket
    output_prefix: str
    exact_output: bool
    output_bucket_owner: str
    encryption_key: kms.IKey
    vpc: ec2.IVpc
    vpc_subnets: ec2.SubnetSelection
    security_groups: Sequence[ec2.ISecurityGroup]
    role: iam.IRole
    max_runtime: cdk.Duration
    max_wait: cdk.Duration
    max_pending: cdk.Duration
    removal_policy: cdk.RemovalPolicy
    wait: bool
    retries: int
    identity: str
