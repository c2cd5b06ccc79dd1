"""The functions behind one fleet.

Each fleet has a provider of its own, so that its policies name the fleet's jobs, state and roles,
and no other's. Its id is a contract: CloudFormation refuses a changed ServiceToken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from neo_constructs.governance.organisation_policy import policy_text
from neo_constructs.iam.rights_policy import RightsPolicy
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.provider.handler_asset import handler_asset
from neo_constructs.provider.hardened_provider import Handler, HardenedProvider, lambda_service
from neo_constructs.synth import jsii_cache
from reconciler.core.contract import FLEET_FUNCTION, IS_COMPLETE, ON_EVENT, entry_point

MEMORY_MIB: Final = 1_024
TIMEOUT_SECONDS: Final = 600


class FleetProvider(HardenedProvider):
    """Functions, roles and log group behind a `Custom::NeoCompilationFleet`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        granted: Sequence[Allow],
        log_retention: logs.RetentionDays,
        log_key: kms.IKey | None,
    ) -> None:
        read_phase = allow(["cloudformation:DescribeStacks"], [jsii_cache.stack_id()])
        super().__init__(
            scope, id,
            asset=handler_asset(policy_text(scope), FLEET_FUNCTION),
            on_event=Handler(entry_point(FLEET_FUNCTION, ON_EVENT), [read_phase]),
            is_complete=Handler(
                entry_point(FLEET_FUNCTION, IS_COMPLETE), granted, MEMORY_MIB, TIMEOUT_SECONDS
            ),
            description="Reconciles a fleet of SageMaker Neo compilation jobs",
            log_retention=log_retention,
            log_key=log_key,
        )  # fmt: skip
        self.jobs.others = 2  # its rights, and the objects that it reads

    def verify_artifacts(self) -> None:
        """Give the function that reconciles what it needs to verify artifacts."""
        self._use_verifying_code(handler_asset(policy_text(self), FLEET_FUNCTION, verifies=True))


def function_role(
    scope: Construct, id: str, log_group: logs.ILogGroup, granted: Sequence[Allow]
) -> tuple[iam.Role, RightsPolicy]:
    """Make a function's role, and one managed policy with its log streams and permissions."""
    role = iam.Role(scope, id, assumed_by=lambda_service())
    write_logs = allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn])
    policy = RightsPolicy(
        scope, f"{id.removesuffix('Role')}Policy", role_name=role.role_name,
        rights=[write_logs, *granted],
    )  # fmt: skip
    return role, policy
