"""The stopping condition of a job, and the longest that a deployment can wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from neo_constructs.errors import ConstructError
from neo_constructs.request.plain_fields import plain_members
from neo_constructs.synth.tokens import is_token
from reconciler.core.contract import IAM_LAG, MAX_DEADLINE

DEFAULT_MAX_RUNTIME_SECONDS: Final = 900
"""What the service recommends, and the SageMaker SDK's default for compile()."""

QUEUE_SECONDS: Final = 300
"""Allowance for a job to leave STARTING where max_pending does not say it."""


def stopping_condition(arguments: Mapping[str, object]) -> dict[str, Any]:
    """Return the request's StoppingCondition: seconds, or number tokens."""
    return {
        "MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_SECONDS,
        **plain_members("StoppingCondition", arguments),
    }


def check_deadline(path: str, condition: Mapping[str, Any]) -> None:
    """Raise ConstructError if a deployment that waits could run out of time before the job.

    Counted are the time to start (max_pending if given, else 5 minutes), 2 minutes until a new
    role works everywhere, and max_runtime. Tokens are not known here, so they are not judged.
    """
    runtime, pending = condition["MaxRuntimeInSeconds"], condition.get("MaxPendingTimeInSeconds")
    if is_token(runtime) or is_token(pending):
        return
    queue = max(QUEUE_SECONDS, pending or 0)
    lag = IAM_LAG.total_seconds()
    allowed = MAX_DEADLINE.total_seconds() - lag - queue
    if runtime > allowed:
        raise ConstructError(
            path,
            f"max_runtime is {runtime:.0f} seconds, which a deployment cannot wait "
            f"for: CloudFormation gives a custom resource one hour, of which {queue:.0f} seconds "
            f"go to {'max_pending' if pending else 'starting'} and {lag:.0f} to a new role; at "
            f"most {allowed:.0f} seconds are left. Lower max_runtime, or pass wait=False: the "
            "deployment then ends when the job is accepted.",
        )
