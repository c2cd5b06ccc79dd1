"""The part of a request that describes the model."""

from __future__ import annotations

from typing import Final

from neo_constructs.errors import ConstructError
from neo_constructs.request.job_arguments import ModelArguments
from neo_constructs.request.plain_fields import plain_arguments, plain_members
from neo_constructs.vocabulary.model_artifact import BoundModel

OF_ARCHIVES: Final = plain_arguments("InputConfig")
"""Arguments that only a model archive takes; a model package has it in itself."""


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
