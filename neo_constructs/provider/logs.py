"""Retention and encryption of a provider's logs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

# jsii gives enumerations of CDK their names only. A test holds these equal to CDK's own.
_DAYS = {
    "ONE_DAY": 1, "THREE_DAYS": 3, "FIVE_DAYS": 5, "ONE_WEEK": 7, "TWO_WEEKS": 14,
    "ONE_MONTH": 30, "TWO_MONTHS": 60, "THREE_MONTHS": 90, "FOUR_MONTHS": 120,
    "FIVE_MONTHS": 150, "SIX_MONTHS": 180, "ONE_YEAR": 365, "THIRTEEN_MONTHS": 400,
    "EIGHTEEN_MONTHS": 545, "TWO_YEARS": 731, "THREE_YEARS": 1096, "FIVE_YEARS": 1827,
    "SIX_YEARS": 2192, "SEVEN_YEARS": 2557, "EIGHT_YEARS": 2922, "NINE_YEARS": 3288,
    "TEN_YEARS": 3653,
}  # fmt: skip
_KEY_USE = (
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey",
)  # fmt: skip


def configure_logs(
    group: logs.LogGroup, retention: logs.RetentionDays | None, encryption_key: kms.IKey | None
) -> None:
    """Change a log group that exists as a construct already.

    The policy of a key made in this app is amended, so that CloudWatch Logs may use it.
    """
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    if retention is not None:
        resource.retention_in_days = _DAYS.get(retention.name)
    if encryption_key is not None:
        resource.kms_key_id = encryption_key.key_arn
        allow_logs(encryption_key, cdk.Stack.of(group))


def allow_logs(key: kms.IKey, stack: cdk.Stack) -> None:
    """Let CloudWatch Logs of a stack's account and region use a key, for log groups alone.

    An imported key's policy is its owner's to change. Source: the CloudWatch Logs user guide,
    "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    where = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:*"
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="CloudWatchLogs",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=list(_KEY_USE),
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": where}},
        )
    )
