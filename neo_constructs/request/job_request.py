"""The CreateCompilationJob request that the arguments of a construct ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from neo_constructs.errors import ConstructError
from neo_constructs.request.job_arguments import JobArguments, ModelArguments
from neo_constructs.request.output import JobOutput
from neo_constructs.request.plain_fields import plain_arguments, plain_members
from neo_constructs.synth.tokens import is_token
from neo_constructs.vocabulary.model_artifact import BoundModel
from neo_constructs.vocabulary.target import Target
from reconciler.core.contract import IAM_LAG, MAX_DEADLINE
from reconciler.core.fields import DEFAULT_MAX_RUNTIME

OF_ARCHIVES: Final = plain_arguments("InputConfig")
"""Arguments that only a model archive takes; a model package has it in itself."""

QUEUE_SECONDS: Final = 300
"""Time for a job to leave STARTING if max_pending is not given."""


def job_request(
    path: str,
    role_arn: str,
    model: BoundModel,
    output: JobOutput,
    target: Target,
    arguments: JobArguments,
) -> dict[str, object]:
    """Return the request of a job without its network, which may be a child of the job.

    Raises ConstructError for arguments that do not go together.
    """
    condition = stopping_condition(arguments)
    if arguments.get("wait", True):
        check_deadline(path, condition)
    return {
        "RoleArn": role_arn,
        **plain_members("", arguments),
        **source_members(path, model, arguments),
        "OutputConfig": output.to_wire(target, arguments),
        "StoppingCondition": condition,
    }


def source_members(path: str, bound: BoundModel, arguments: ModelArguments) -> dict[str, object]:
    """Return InputConfig for an archive, ModelPackageVersionArn for a model package.

    Raises ConstructError for an archive without framework, and for a package with one.
    """
    if bound.model_package_arn is not None:
        surplus = [name for name in OF_ARCHIVES if arguments.get(name) is not None]
        if surplus:
            raise ConstructError(
                path,
                f"{', '.join(surplus)}: given beside a model package, which says it itself; "
                "leave it out, or name the archive with ModelArtifact.from_bucket",
            )
        return {"ModelPackageVersionArn": bound.model_package_arn}
    if arguments.get("framework") is None:
        raise ConstructError(
            path,
            "framework is missing; say what the model was trained with, for instance "
            "framework=Framework.ONNX",
        )
    return {"InputConfig": {"S3Uri": bound.s3_uri, **plain_members("InputConfig", arguments)}}


def stopping_condition(arguments: Mapping[str, object]) -> dict[str, Any]:
    """Return the request's StoppingCondition: seconds, or number tokens."""
    return {
        "MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME,
        **plain_members("StoppingCondition", arguments),
    }


def check_deadline(path: str, condition: Mapping[str, Any]) -> None:
    """Raise ConstructError if a deployment that waits could run out of time before the job.

    Counted are the time to start (max_pending if given, else 5 minutes), 2 minutes until a new
    role works everywhere, and max_runtime. Tokens are unknown here and not checked.
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
