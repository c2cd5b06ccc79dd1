"""The functions behind one fleet: CDK's Provider, hardened as the one of single jobs is.

Each fleet has a provider of its own, so that its policies name the fleet's jobs, state and roles,
and no other's. The ids below are contracts: CloudFormation refuses a changed ServiceToken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from constructs import Construct, IDependable

from neo_constructs.handler_asset import handler_asset
from neo_constructs.organisation_policy import policy_text
from neo_constructs.policy_pack import PolicyPack
from neo_constructs.provider import (
    FRAMEWORK_TIMEOUT_MINUTES,
    QUERY_INTERVAL_SECONDS,
    invoke,
    state_machine_arn,
)
from neo_constructs.statements import Allow, allow
from reconciler.bundle import FLEETS

MEMORY_MIB: Final = 1_024
TIMEOUT_SECONDS: Final = 600
_MODULE: Final = "reconciler.handler.fleet_function"


class FleetProvider(Construct):
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
        super().__init__(scope, id)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=log_retention, encryption_key=log_key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )  # fmt: skip
        read_phase = allow(["cloudformation:DescribeStacks"], [cdk.Aws.STACK_ID])
        self.on_event_role = self._role("OnEventRole", [read_phase])
        self.is_complete_role = self._role("IsCompleteRole", granted)
        code = fleet_code(self)
        on_event = self._function("OnEvent", "on_event", self.on_event_role, code, 256, 60)
        self.is_complete_function = self._function(
            "IsComplete", "is_complete", self.is_complete_role, code, MEMORY_MIB, TIMEOUT_SECONDS
        )
        self.jobs = PolicyPack(self, "Permissions", role=self.is_complete_role)
        self.entrypoint = self._framework(on_event)
        self.service_token: str = self.entrypoint.function_arn

    def grant(self, right: Allow) -> None:
        """Allow the function that reconciles something more."""
        policy = self.node.find_child("IsCompletePolicy")
        assert isinstance(policy, iam.ManagedPolicy)
        policy.add_statements(right.statement())

    def _framework(self, on_event_function: lambda_.Function) -> lambda_.Function:
        on_event = self._role("FrameworkOnEventRole", invoke(on_event_function))
        is_complete = self._role("FrameworkIsCompleteRole", invoke(self.is_complete_function))
        provider = cr.Provider(
            self, "Framework",
            on_event_handler=on_event_function,
            is_complete_handler=self.is_complete_function,
            framework_on_event_role=on_event.without_policy_updates(),
            framework_complete_and_timeout_role=is_complete.without_policy_updates(),
            framework_lambda_logging_level=lambda_.ApplicationLogLevel.ERROR,
            log_group=self.log_group,
            query_interval=cdk.Duration.seconds(QUERY_INTERVAL_SECONDS),
            total_timeout=cdk.Duration.minutes(FRAMEWORK_TIMEOUT_MINUTES),
        )  # fmt: skip
        entrypoint = provider.node.find_child("framework-onEvent")
        assert isinstance(entrypoint, lambda_.Function)
        waiter = provider.node.find_child("waiter-state-machine")
        start = allow(["states:StartExecution"], [state_machine_arn(waiter)])
        iam.ManagedPolicy(
            self, "StartWaiterPolicy", roles=[on_event], statements=[start.statement()]
        )
        needed: list[IDependable] = [self.is_complete_role, self.on_event_role, self.jobs]
        for child in self.node.children:
            if child.node.id.endswith(("Role", "Policy")):
                needed.append(child)
        entrypoint.node.add_dependency(*needed)
        return entrypoint

    def _role(self, id: str, granted: Sequence[Allow]) -> iam.Role:
        return function_role(self, id, self.log_group, granted)

    def _function(
        self, id: str, handler: str, role: iam.Role, code: lambda_.Code, memory: int, seconds: int
    ) -> lambda_.Function:
        return lambda_.Function(
            self, id, code=code, handler=f"{_MODULE}.{handler}",
            runtime=lambda_.Runtime.PYTHON_3_13, architecture=lambda_.Architecture.ARM_64,
            memory_size=memory, timeout=cdk.Duration.seconds(seconds),
            role=role.without_policy_updates(), log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.TEXT,
            description="Reconciles a fleet of SageMaker Neo compilation jobs",
        )  # fmt: skip


def fleet_code(scope: Construct) -> lambda_.Code:
    """The code of all of a fleet's functions, with the organisation's policy if there is one."""
    asset = handler_asset(policy_text(scope), FLEETS)
    return lambda_.Code.from_asset(
        str(asset.path), asset_hash=asset.content_hash, asset_hash_type=cdk.AssetHashType.CUSTOM
    )


def function_role(
    scope: Construct, id: str, log_group: logs.ILogGroup, granted: Sequence[Allow]
) -> iam.Role:
    """A function's role: its log streams, and what is granted, in one managed policy of ours."""
    role = iam.Role(scope, id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    write_logs = allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn])
    iam.ManagedPolicy(
        scope, f"{id.removesuffix('Role')}Policy", roles=[role],
        statements=[right.statement() for right in (write_logs, *granted)],
    )  # fmt: skip
    return role
