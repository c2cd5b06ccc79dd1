"""The fleet's entry points for Lambda. Everything slow happens at import, in the initialisation."""

from __future__ import annotations

import time
from typing import Any

from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.budget import Budget
from reconciler.aws.clients import clients
from reconciler.aws.clock import SystemClock
from reconciler.aws.objects import S3Buckets
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.aws.stacks import CloudFormationStacks
from reconciler.handler.cfn.log import json_log, write_line
from reconciler.handler.cfn.log_group import naming_log_group
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.service import FleetService
from reconciler.handler.organisation import packed_policy

_BUDGET = Budget()
_CLIENTS = clients(max_attempts=8)  # one throttled page would cost a whole sweep
_SERVICE = FleetService(
    FleetPorts(
        gateway=SageMakerGateway(_CLIENTS.sagemaker, _BUDGET),
        artifacts=S3Artifacts(_CLIENTS.s3, _BUDGET),
        stacks=CloudFormationStacks(_CLIENTS.cloudformation, _BUDGET),
        buckets=S3Buckets(_CLIENTS.s3, _BUDGET),
        clock=SystemClock(),
        progress=json_log,
        pause=time.sleep,
        emit=write_line,
        policy=packed_policy(),
    )
)


def on_event(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401
    """Begin an operation; changes nothing."""
    _BUDGET.follow(context.get_remaining_time_in_millis)
    with naming_log_group():
        return _SERVICE.on_event(event)


def is_complete(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401
    """One step of an operation."""
    _BUDGET.follow(context.get_remaining_time_in_millis)
    with naming_log_group():
        return _SERVICE.is_complete(event, str(context.aws_request_id))
