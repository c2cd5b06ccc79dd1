"""Policy statements of a job's role, each exactly as wide as Neo needs it.

Sources: the developer guide's "Neo VPC" page (the eleven EC2 actions), CreateCompilationJob's
RoleArn (what the role is for), KMS's ViaService condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from aws_cdk import aws_iam as iam

from neo_constructs.synth.jsii_cache import own_arn

_APPLY: Final = (
    "sagemaker:AddTags",
    "sagemaker:CreateCompilationJob",
    "sagemaker:DeleteCompilationJob",
    "sagemaker:DescribeCompilationJob",
    "sagemaker:ListTags",
    "sagemaker:StopCompilationJob",
)
_LOG_GROUPS: Final = "/aws/sagemaker/CompilationJobs*"

VPC_ACTIONS: Final = (
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


@dataclass(frozen=True, slots=True)
class Allow:
    """One permission, as a value: equal ones are given to a role once.

    Attributes:
        conditions: Operator, key and value of each; all must hold.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, str], ...] = ()
    sid: str | None = None

    def statement(self) -> iam.PolicyStatement:
        """Return the permission as a CDK statement."""
        return iam.PolicyStatement(
            sid=self.sid, actions=list(self.actions), resources=list(self.resources),
            conditions=self.condition_block() or None,
        )  # fmt: skip

    def grant_to(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant the permission to a principal, or to the policy of one."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=list(self.actions), resource_arns=list(self.resources),
            conditions=self.condition_block() or None,
        )  # fmt: skip

    def to_json(self) -> dict[str, object]:
        """Return the permission as JSON; a single action or resource is not a list."""
        statement: dict[str, object] = {
            "Action": _alone(self.actions), "Effect": "Allow", "Resource": _alone(self.resources),
        }  # fmt: skip
        if self.conditions:
            statement["Condition"] = self.condition_block()
        if self.sid is not None:
            statement["Sid"] = self.sid
        return statement

    def condition_block(self) -> dict[str, dict[str, str]]:
        """Return the conditions as a statement's Condition."""
        block: dict[str, dict[str, str]] = {}
        for operator, key, value in self.conditions:
            block.setdefault(operator, {})[key] = value
        return block


def grant_all(rights: Iterable[Allow], grantee: iam.IGrantable) -> None:
    """Grant permissions to a principal, or to the policy of one."""
    for right in rights:
        right.grant_to(grantee)


def document(rights: Iterable[Allow]) -> dict[str, object]:
    """Return a policy document of these permissions."""
    return {"Version": "2012-10-17", "Statement": [right.to_json() for right in rights]}


def _alone(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)


def allow(
    actions: Sequence[str],
    resources: Sequence[str],
    condition: tuple[str, str, str] | None = None,
    sid: str | None = None,
) -> Allow:
    """Allow these actions on these resources."""
    conditions = () if condition is None else (condition,)
    return Allow(tuple(actions), tuple(resources), conditions, sid)


def read_object(bucket_arn: str, key: str) -> list[Allow]:
    """Allow reading one object, as Neo does with a model's archive."""
    return [
        allow(["s3:GetObject"], [f"{bucket_arn}/{key}"]),
        *list_and_locate(bucket_arn, f"{key}*"),
    ]


def write_prefix(bucket_arn: str, prefix: str, written: str) -> list[Allow]:
    """Allow writing an artifact: list the declared prefix, write keys below `written`."""
    return [
        allow(["s3:AbortMultipartUpload", "s3:PutObject"], [f"{bucket_arn}/{written}*"]),
        *list_and_locate(bucket_arn, f"{prefix}*"),
    ]


@cache
def write_logs() -> Allow:
    """Allow Neo's logs, whose group the first job of an account creates."""
    return allow(
        [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        [own_arn("logs", f"log-group:{_LOG_GROUPS}")],
    )


def use_vpc() -> Allow:
    """Allow network interfaces in a VPC; EC2 takes no narrower resource for all of these."""
    return allow(VPC_ACTIONS, ["*"])


def reconcile_jobs(job_arn_pattern: str) -> list[Allow]:
    """Allow a reconciler what it does with jobs; the API lists only all of them."""
    actions = sorted([*_APPLY, "sagemaker:DeleteTags"])
    return [allow(actions, [job_arn_pattern], sid="OwnJobs"), _list_jobs()]


def apply_jobs(*job_arn_patterns: str) -> list[Allow]:
    """Allow what ``neoctl apply`` does; it knows of no tags that were declared before."""
    return [allow(_APPLY, job_arn_patterns, sid="OwnJobs"), _list_jobs()]


def read_jobs(*job_arn_patterns: str) -> list[Allow]:
    """Allow looking at jobs, and nothing else."""
    actions = ["sagemaker:DescribeCompilationJob", "sagemaker:ListTags"]
    return [allow(actions, job_arn_patterns, sid="OwnJobs"), _list_jobs()]


def _list_jobs() -> Allow:
    return allow(["sagemaker:ListCompilationJobs"], ["*"], sid="ListJobs")


def pass_to_sagemaker(role_arns: Sequence[str], sid: str) -> Allow:
    """Allow giving these roles to jobs."""
    condition = ("StringEquals", "iam:PassedToService", "sagemaker.amazonaws.com")
    return allow(["iam:PassRole"], role_arns, condition, sid)


def describe_model_package(arn: str) -> Allow:
    """Allow reading a model package version."""
    return allow(["sagemaker:DescribeModelPackage"], [arn])


def list_and_locate(bucket_arn: str, pattern: str) -> list[Allow]:
    """Allow listing keys of this pattern, and reading the bucket's region, which Neo checks."""
    return [
        allow(["s3:ListBucket"], [bucket_arn], ("StringLike", "s3:prefix", pattern)),
        allow(["s3:GetBucketLocation"], [bucket_arn]),
    ]


def listed(value: object) -> list[Any]:
    """Return a policy document's one value or list of values as a list."""
    return value if isinstance(value, list) else [value]
