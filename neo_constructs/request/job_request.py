"""The CreateCompilationJob request that arguments ask for: its values by path.

A path is the one in ``reconciler.core.fields``, where it is also said which argument sets it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from neo_constructs.request.job_arguments import JobArguments, ModelArguments
from neo_constructs.request.output import JobOutput
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import whole_seconds
from neo_constructs.vocabulary.model_artifact import BoundModel
from neo_constructs.vocabulary.target import Target
from reconciler.core.extraction import JsonDocument
from reconciler.core.fields import (
    DEFAULT_MAX_RUNTIME,
    MAX_RUNTIME,
    MODEL_PACKAGE,
    ROLE_ARN,
    S3_URI,
    SETTABLE,
    Kind,
)

_OF_RESOURCES: Final = frozenset(
    {"model", "target", "role", "output_bucket", "encryption_key", "security_groups",
     "vpc_subnets", "tags"}
)  # fmt: skip
_VALUES: Final = tuple(
    (field.argument, field.path, field.kind)
    for field in SETTABLE
    if field.argument not in _OF_RESOURCES
)
_BY_KIND: Final[Mapping[Kind, Callable[[Any], object]]] = {
    Kind.JSON: JsonDocument, Kind.SECONDS: whole_seconds, Kind.TEXTS: list,
}  # fmt: skip
_OF_ARCHIVES: Final = tuple(
    argument for argument, path, _ in _VALUES if path.startswith("InputConfig.")
)


def job_request(
    path: str,
    arguments: JobArguments,
    *,
    role_arn: str,
    model: BoundModel,
    output: JobOutput,
    target: Target,
) -> dict[str, object]:
    """Return the request of a job without its network, which may be a child of the job.

    Raises ConstructError for a framework that is missing, or given beside a model package.
    """
    request: dict[str, Any] = {
        ROLE_ARN: role_arn, **source_fields(path, model, arguments), **output.fields(),
        **target.fields(), **argument_fields(arguments),
    }  # fmt: skip
    request.setdefault(MAX_RUNTIME, DEFAULT_MAX_RUNTIME)
    return request


def argument_fields(arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that arguments set by themselves, without a resource of the app."""
    found: dict[str, object] = {}
    for argument, path, kind in _VALUES:
        value: Any = arguments.get(argument)
        if value is None:
            continue
        if hasattr(value, "to_wire"):
            value = value.to_wire()
        elif not isinstance(value, str) and kind in _BY_KIND:
            value = _BY_KIND[kind](value)
        found[path] = value
    return found


def source_fields(path: str, model: BoundModel, arguments: ModelArguments) -> dict[str, object]:
    """Return what is compiled: an archive, or a model package.

    Raises ConstructError for an archive without framework, and for a package with one.
    """
    if model.model_package_arn is None:
        if arguments.get("framework") is None:
            raise ConstructError(
                path,
                "framework is missing; say what the model was trained with, for instance "
                "framework=Framework.ONNX",
            )
        return {S3_URI: model.s3_uri}
    surplus = [name for name in _OF_ARCHIVES if arguments.get(name) is not None]
    if surplus:
        raise ConstructError(
            path,
            f"{', '.join(surplus)}: given beside a model package, which says it itself; "
            "leave it out, or name the archive with ModelArtifact.from_bucket",
        )
    return {MODEL_PACKAGE: model.model_package_arn}
