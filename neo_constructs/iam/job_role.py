"""The role that Neo assumes for a job."""

from __future__ import annotations

import hashlib

from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.synth.jsii_cache import own_account, own_arn, partition


def job_role(
    scope: Construct, id: str, *, job_arn_pattern: str, role_name: str | None = None
) -> iam.Role:
    """Make a role that SageMaker may assume only for this stack's compilation jobs.

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
    return iam.Role(scope, id, assumed_by=trusted, role_name=role_name)


def job_arn_pattern(owner: str) -> str:
    """Return the ARN pattern of all jobs of an owner."""
    return own_arn("sagemaker", f"compilation-job/{owner}-*")


def job_role_name(owner: str, path: str) -> str:
    """Return the name of a job's own role, 26 characters.

    Named, because the handler's permission to pass the role must not refer to it: every job waits
    for the handler, so a job that waits for another (``node.add_dependency``) would wait for
    itself.
    """
    return f"{owner}-job-{hashlib.sha256(path.encode()).hexdigest()[:12]}"


def arn_of_role(name: str) -> str:
    """Return the ARN of a role of the stack's account by name, without a reference to it."""
    return f"arn:{partition()}:iam::{own_account()}:role/{name}"


def takes_policies(role: iam.IRole) -> bool:
    """Return whether the app may change a role; the id of one it may not is Immutable…"""
    return isinstance(role, iam.Role) or not role.node.id.startswith("ImmutableRole")
