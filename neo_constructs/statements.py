"""Policy statements of a job's role, each exactly as wide as Neo needs it.

Sources: the developer guide's "Neo VPC" page (the eleven EC2 actions), CreateCompilationJob's
RoleArn (what the role is for), KMS's ViaService condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

LOG_GROUPS: Final = "/aws/sagemaker/CompilationJobs*"

_VPC_ACTIONS: Final = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "ec2:ModifyNetworkInterfaceAttribute",
)


def allow(
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, object] | None = None,
    sid: str | None = None,
) -> iam.PolicyStatement:
    """A statement that allows these actions on these resources."""
    return iam.PolicyStatement(
        sid=sid, actions=list(actions), resources=list(resources), conditions=conditions
    )


def read_object(bucket_arn: str, key: str) -> list[iam.PolicyStatement]:
    """Reading one object: what Neo does with a model's archive."""
    return [
        allow(["s3:GetObject"], [f"{bucket_arn}/{key}"]),
        _list_bucket(bucket_arn, f"{key}*"),
        _locate_bucket(bucket_arn),
    ]


def write_prefix(bucket_arn: str, prefix: str, written: str) -> list[iam.PolicyStatement]:
    """Writing an artifact: listing the declared prefix, writing keys that begin with `written`."""
    return [
        allow(["s3:AbortMultipartUpload", "s3:PutObject"], [f"{bucket_arn}/{written}*"]),
        _list_bucket(bucket_arn, f"{prefix}*"),
        _locate_bucket(bucket_arn),
    ]


def decrypt_through_s3(key_arn: str) -> iam.PolicyStatement:
    """Decrypting objects of a bucket, and nothing else, with its key."""
    return allow(["kms:Decrypt"], [key_arn], _via_s3())


def encrypt_through_s3(key_arn: str) -> list[iam.PolicyStatement]:
    """Encrypting an artifact; S3 decrypts to complete an upload in parts."""
    return [
        allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [key_arn], _via_s3()),
        allow(["kms:DescribeKey"], [key_arn]),
    ]


def write_logs() -> iam.PolicyStatement:
    """Neo's logs, whose group the first job of an account creates."""
    arn = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group"
    return allow(
        [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        [f"{arn}:{LOG_GROUPS}"],
    )


def use_vpc() -> iam.PolicyStatement:
    """Network interfaces in a VPC: EC2 takes no narrower resource for all of these together."""
    return allow(_VPC_ACTIONS, ["*"])


def describe_model_package(arn: str) -> iam.PolicyStatement:
    """Reading a model package version."""
    return allow(["sagemaker:DescribeModelPackage"], [arn])


def _list_bucket(bucket_arn: str, prefix: str) -> iam.PolicyStatement:
    return allow(["s3:ListBucket"], [bucket_arn], {"StringLike": {"s3:prefix": prefix}})


def _locate_bucket(bucket_arn: str) -> iam.PolicyStatement:
    return allow(["s3:GetBucketLocation"], [bucket_arn])


def _via_s3() -> Mapping[str, object]:
    service = f"s3.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
    return {"StringEquals": {"kms:ViaService": service}}
