"""The roles of the account: found in MiniStack's IAM, judged by their trust policy, assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from botocore.exceptions import ClientError

from neo_local.access.clients import Clients, Credentials
from neo_local.access.trust import SERVICE, trusts_sagemaker

SESSION = "SageMaker"  # the name of the sessions in which the service works with a role


def cannot_assume(role_arn: str) -> str:
    """Say that a role does not exist or does not trust SageMaker, in the service's words."""
    return (
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
        f"principal '{SERVICE}' to assume the role."
    )


class Roles(Protocol):
    """Knows whether SageMaker can work with a role."""

    def refusal(self, role_arn: str, source_arn: str, /) -> str:
        """Return why a request with this role is refused; empty if it is not.

        Args:
            role_arn: The role's ARN.
            source_arn: The ARN of what is made with it.
        """
        ...


class AnyRole:
    """Takes every role: where there is no IAM to ask."""

    def refusal(self, _role_arn: str, _source_arn: str, /) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class RolesOfIam:
    """The roles of MiniStack's IAM. Implements Roles."""

    clients: Clients

    def refusal(self, role_arn: str, source_arn: str, /) -> str:
        """Return why a request with this role is refused, in the service's words."""
        if role_arn.split(":")[4] != source_arn.split(":")[4]:
            return "RoleArn: Cross-account pass role is not allowed."
        return "" if self.can_be_assumed(role_arn, source_arn) else cannot_assume(role_arn)

    def can_be_assumed(self, role_arn: str, source_arn: str) -> bool:
        """Return whether the role exists and trusts SageMaker."""
        iam = self.clients.own("iam", source_arn.split(":")[3])
        try:
            role = iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
        except ClientError:
            return False
        return role["Arn"] == role_arn and trusts_sagemaker(
            role["AssumeRolePolicyDocument"], source_arn
        )

    def assume(self, role_arn: str, region: str) -> Credentials:
        """Return credentials of the role, whose permissions MiniStack enforces."""
        sts = self.clients.own("sts", region)
        issued = sts.assume_role(RoleArn=role_arn, RoleSessionName=SESSION)["Credentials"]
        return Credentials(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
