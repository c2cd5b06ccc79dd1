"""The part of a request that says what is compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neo_constructs.data_input_config import DataInputConfig, data_inputs
from neo_constructs.errors import ConstructError
from neo_constructs.framework import Framework
from neo_constructs.model_artifact import BoundModel


def source_members(
    path: str,
    bound: BoundModel,
    framework: Framework | None,
    framework_version: str | None,
    data_input_config: DataInputConfig | Mapping[str, object] | Sequence[object] | str | None,
) -> dict[str, object]:
    """InputConfig of an archive, or ModelPackageVersionArn of a model package.

    Raises ConstructError for an archive without framework, and for a package with one.
    """
    if bound.model_package_arn is not None:
        given = {
            "framework": framework, "framework_version": framework_version,
            "data_input_config": data_input_config,
        }  # fmt: skip
        surplus = [name for name, value in given.items() if value is not None]
        if surplus:
            raise ConstructError(
                path,
                f"{', '.join(surplus)}: given beside a model package, which says it itself; "
                "leave it out, or name the archive with ModelArtifact.from_bucket",
            )
        return {"ModelPackageVersionArn": bound.model_package_arn}
    if framework is None:
        raise ConstructError(
            path,
            "framework is missing; say what the model was trained with, for instance "
            "framework=Framework.ONNX",
        )
    inputs = None if data_input_config is None else data_inputs(data_input_config).to_wire()
    return {
        "InputConfig": {
            "S3Uri": bound.s3_uri,
            "DataInputConfig": inputs,
            "Framework": framework.name,
            "FrameworkVersion": framework_version,
        }
    }
