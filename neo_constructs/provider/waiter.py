"""Traces and logs of the state machine that waits for jobs, which CDK's provider makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr

from neo_constructs.provider.function_settings import TRACE

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as sfn  # a large module, which most apps never need

# The user guide of Step Functions, "Using CloudWatch Logs"; they take no narrower resource.
_DELIVER: Final = (
    "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
    "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
)  # fmt: skip


def trace(waiter: cr.WaiterStateMachine) -> None:
    """Have X-Ray trace the state machine."""
    from aws_cdk import aws_stepfunctions as sfn

    traced = sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True)
    _machine(waiter).tracing_configuration = traced
    _allow(waiter, TRACE.statement())


def log(waiter: cr.WaiterStateMachine, group: logs.LogGroup) -> None:
    """Have the state machine log errors, without the data of its steps."""
    from aws_cdk import aws_stepfunctions as sfn

    kind = sfn.CfnStateMachine
    to = kind.CloudWatchLogsLogGroupProperty(log_group_arn=group.log_group_arn)
    _machine(waiter).logging_configuration = kind.LoggingConfigurationProperty(
        destinations=[kind.LogDestinationProperty(cloud_watch_logs_log_group=to)],
        include_execution_data=False, level="ERROR",
    )  # fmt: skip
    _allow(waiter, iam.PolicyStatement(sid="Deliver", actions=list(_DELIVER), resources=["*"]))


def _machine(waiter: cr.WaiterStateMachine) -> sfn.CfnStateMachine:
    from aws_cdk import aws_stepfunctions as sfn

    machine = waiter.node.find_child("Resource")
    assert isinstance(machine, sfn.CfnStateMachine)
    return machine


def _allow(waiter: cr.WaiterStateMachine, statement: iam.PolicyStatement) -> None:
    role = waiter.node.find_child("Role")
    assert isinstance(role, iam.Role)
    role.add_to_policy(statement)
