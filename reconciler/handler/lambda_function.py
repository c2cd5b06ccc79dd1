"""The job's entry points for Lambda. Everything slow happens at import, in the initialisation."""

from __future__ import annotations

import time
from typing import Any

from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.budget import Budget
from reconciler.aws.clients import factory
from reconciler.aws.clock import SystemClock
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.aws.stacks import CloudFormationStacks
from reconciler.handler.cfn.log import json_log, naming_log_group, write_line
from reconciler.handler.cfn.poll import HandlerPorts
from reconciler.handler.job.service import JobService
from reconciler.handler.organisation import packed_policy
from reconciler.handler.verifier import packed_verifier

_BUDGET = Budget()
_CLIENT = factory(max_attempts=5)
_ARTIFACTS = S3Artifacts(_CLIENT("s3"), _BUDGET)
_SERVICE = JobService(
    HandlerPorts(
        gateway=SageMakerGateway(_CLIENT("sagemaker"), _BUDGET),
        artifacts=_ARTIFACTS,
        stacks=CloudFormationStacks(_CLIENT("cloudformation"), _BUDGET),
        clock=SystemClock(),
        progress=json_log,
        pause=time.sleep,
        emit=write_line,
        policy=packed_policy(),
        verifier=packed_verifier(_ARTIFACTS),
    )
)


def on_event(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401 - Lambda's
    """Begin an operation; change nothing."""
    _BUDGET.follow(context.get_remaining_time_in_millis)
    with naming_log_group():
        return _SERVICE.on_event(event)


def is_complete(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401 - Lambda's
    """Make one step of an operation."""
    _BUDGET.follow(context.get_remaining_time_in_millis)
    with naming_log_group():
        return _SERVICE.is_complete(event)
