"""The stopping condition of a job, and the longest that a deployment can wait for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk

from neo_constructs.errors import ConstructError
from neo_constructs.synth.tokens import is_token
from reconciler.core.contract import IAM_LAG, MAX_DEADLINE

DEFAULT_MAX_RUNTIME_SECONDS: Final = 900
"""What the service recommends, and the SageMaker SDK's default for compile()."""

QUEUE_SECONDS: Final = 300
"""Allowance for a job to leave STARTING where max_pending does not say it."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """When the service stops a job by itself; seconds, or number tokens."""

    max_runtime: int | float
    max_wait: int | float | None = None
    max_pending: int | float | None = None

    def to_wire(self) -> dict[str, object]:
        """Return the request's StoppingCondition."""
        members = {
            "MaxRuntimeInSeconds": self.max_runtime,
            "MaxWaitTimeInSeconds": self.max_wait,
            "MaxPendingTimeInSeconds": self.max_pending,
        }
        return {name: value for name, value in members.items() if value is not None}


def stopping(
    max_runtime: cdk.Duration | None,
    max_wait: cdk.Duration | None,
    max_pending: cdk.Duration | None,
) -> Stopping:
    """Return the stopping condition of these durations."""
    return Stopping(
        DEFAULT_MAX_RUNTIME_SECONDS if max_runtime is None else _seconds(max_runtime),
        None if max_wait is None else _seconds(max_wait),
        None if max_pending is None else _seconds(max_pending),
    )


def check_deadline(path: str, condition: Stopping) -> None:
    """Raise ConstructError if a deployment that waits could run out of time before the job.

    Counted are the time to start (max_pending if given, else 5 minutes), 2 minutes until a new
    role works everywhere, and max_runtime. Tokens are not known here, so they are not judged.
    """
    if is_token(condition.max_runtime) or is_token(condition.max_pending):
        return
    queue = max(QUEUE_SECONDS, condition.max_pending or 0)
    lag = IAM_LAG.total_seconds()
    allowed = MAX_DEADLINE.total_seconds() - lag - queue
    if condition.max_runtime > allowed:
        waiting = "max_pending" if condition.max_pending else "starting"
        raise ConstructError(
            path,
            f"max_runtime is {condition.max_runtime:.0f} seconds, which a deployment cannot wait "
            f"for: CloudFormation gives a custom resource one hour, of which {queue:.0f} seconds "
            f"go to {waiting} and {lag:.0f} to a new role; at most {allowed:.0f} seconds "
            "are left. Lower max_runtime, or pass wait=False: the deployment then ends when the "
            "job is accepted.",
        )


def _seconds(duration: cdk.Duration) -> int | float:
    seconds = duration.to_seconds()
    return seconds if is_token(seconds) else int(seconds)
