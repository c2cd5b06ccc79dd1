"""The embedded AWS and the CDK CLI for tests; the same code as the demonstration's."""

import json
from pathlib import Path

from demo.cdk import Cdk, Ran
from demo.embedded import LOCAL_PYTHON, ROOT, EmbeddedAws, EmbeddedError, local_python, signed
from neo_local.supervisor.ports import remember_other_ports

__all__ = [
    "LOCAL_PYTHON",
    "ROOT",
    "Cdk",
    "EmbeddedAws",
    "EmbeddedError",
    "Ran",
    "local_python",
    "make_role",
    "of_its_own",
    "signed",
]


def of_its_own(data: Path) -> EmbeddedAws:
    """One that is not started yet, on ports that no other test's takes while it is stopped."""
    data.mkdir(parents=True)
    remember_other_ports(data / "ports.json")
    return EmbeddedAws(data)


def make_role(
    aws: EmbeddedAws, name: str, *actions: str, service: str = "sagemaker.amazonaws.com"
) -> str:
    """Make a role that a service may assume and that may do these actions. Return its ARN."""
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=_policy(allowed))
    return str(role["Arn"])


def _policy(statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
