"""The document of a fleet's jobs, as an asset."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from neo_constructs.fleet.jobs import FleetJobs
from neo_constructs.request.token_extractor import is_extracted_name
from neo_constructs.synth.asset_synthesizer import asset_synthesizer
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.lazy_value import LazyValue
from reconciler.core import contract


def of_uploads(path: str, variables: Mapping[str, object]) -> Mapping[str, object]:
    """Return the variables of uploads. Raises ConstructError for a name that the fleet may use."""
    for name in filter(is_extracted_name, variables):
        raise ConstructError(
            path,
            f"upload variable {name!r}: names of v and digits are the fleet's own; "
            "choose another name",
        )
    return variables


def document_asset(
    scope: Construct, path: str, jobs: FleetJobs, upload_variables: Mapping[str, object]
) -> LazyValue:
    """Return the properties Document and Variables, made when the template is rendered.

    Only then is every job declared; the document is then written and uploaded as an asset.
    """
    synthesizer = asset_synthesizer(cdk.Stack.of(scope))

    def written() -> dict[str, object]:
        stage = cdk.Stage.of(scope)
        assert stage is not None  # every construct is in a stage, the app at least
        file, digest = jobs.write(Path(stage.asset_outdir))
        location = synthesizer.add_file_asset(
            source_hash=digest, packaging=cdk.FileAssetPackaging.FILE,
            file_name=os.path.relpath(file, stage.outdir), display_name=f"Fleet {path}",
        )  # fmt: skip
        return {
            contract.DOCUMENT: {
                contract.BUCKET: location.bucket_name,
                contract.KEY: location.object_key,
                contract.DIGEST: digest,
            },
            contract.VARIABLES: {**upload_variables, **jobs.values.values},
        }

    return LazyValue(written)
