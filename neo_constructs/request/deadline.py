"""Whether a deployment can wait for a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk
from constructs import Construct

from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import is_token
from reconciler.core.contract import IAM_LAG, MAX_DEADLINE
from reconciler.core.fields import MAX_PENDING, MAX_RUNTIME

QUEUE_SECONDS: Final = 300
"""Time for a job to leave STARTING if max_pending is not given."""


def check_deadline(scope: Construct, path: str, request: Mapping[str, Any]) -> None:
    """Raise ConstructError if a deployment that waits could run out of time before the job.

    Counted are the time to start (max_pending if given, else 5 minutes), 2 minutes until a new
    role works everywhere, and max_runtime. Warn of a max_runtime that only the deployment knows.
    """
    runtime, pending = request[MAX_RUNTIME], request.get(MAX_PENDING)
    lag = IAM_LAG.total_seconds()
    if is_token(runtime) or is_token(pending):
        cdk.Annotations.of(scope).add_warning_v2("neo:unknownRuntime", (
            "max_runtime or max_pending is known at deployment only; a deployment waits some "
            f"{MAX_DEADLINE.total_seconds() - lag:.0f} seconds for both together, and stops the "
            "job then. Give the parameter a MaxValue, or pass wait=False"
        ))  # fmt: skip
        return
    queue = max(QUEUE_SECONDS, pending or 0)
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
