"""The role that Neo assumes for a job, and what it may do."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.facts import own_account


def job_role(scope: Construct, id: str, *, job_arn_pattern: str) -> iam.Role:
    """A role that only SageMaker, and only for this stack's compilation jobs, may assume.

    Source of the condition: the developer guide's "Cross-service confused deputy prevention",
    section SageMaker Neo.
    """
    trusted = iam.ServicePrincipal(
        "sagemaker.amazonaws.com",
        conditions={
            "ArnLike": {"aws:SourceArn": job_arn_pattern},
            "StringEquals": {"aws:SourceAccount": own_account()},
        },
    )
    return iam.Role(scope, id, assumed_by=trusted)
