"""The ports of the fleet's functions, on AWS."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.budget import Budget
from reconciler.aws.clock import SystemClock
from reconciler.aws.objects import S3Buckets
from reconciler.aws.sagemaker import SageMakerGateway
from reconciler.aws.stacks import CloudFormationStacks
from reconciler.handler.cfn.log import json_log, write_line
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.organisation import packed_policy
from reconciler.handler.verifier import packed_verifier

MAX_ATTEMPTS = 8
"""How often a request is sent at most: one throttled page would cost a whole sweep."""


def fleet_ports(client: Callable[..., Any], budget: Budget) -> FleetPorts:
    """Return the ports; ``client`` makes the client of a service, ``reconciler.aws.clients``."""
    s3 = client("s3")
    artifacts = S3Artifacts(s3, budget)
    return FleetPorts(
        gateway=SageMakerGateway(
            client("sagemaker"), budget, creator=lambda: client("sagemaker", retries=False)
        ),
        artifacts=artifacts,
        stacks=CloudFormationStacks(client("cloudformation"), budget),
        buckets=S3Buckets(s3, budget),
        clock=SystemClock(),
        progress=json_log,
        pause=time.sleep,
        emit=write_line,
        policy=packed_policy(),
        verifier=packed_verifier(artifacts),
    )
