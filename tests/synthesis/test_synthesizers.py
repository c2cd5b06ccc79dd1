"""Apps with synthesizers of their own: another qualifier, the CLI's credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from neo_constructs import CompilationFleet, CompilationJob, Framework, ModelArtifact, Target
from tests.paths import ROOT

MODEL = ROOT / "examples" / "models" / "tiny-cnn.onnx"
Make = Callable[[], cdk.IReusableStackSynthesizer]


def with_job(
    app: cdk.App, name: str, synthesizer: cdk.IStackSynthesizer | None = None
) -> cdk.Stack:
    stack = cdk.Stack(app, name, synthesizer=synthesizer)
    CompilationJob(
        stack, "Job", model=ModelArtifact.from_asset(MODEL), framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]}, target=Target.ML_C5,
    )  # fmt: skip
    return stack


def model_assets(folder: str, stack: str) -> set[str]:
    """The buckets that the packed model is uploaded to, by the stack's own asset manifest."""
    manifest = json.loads((Path(folder) / f"{stack}.assets.json").read_text())
    return {
        place["bucketName"]
        for asset in manifest["files"].values()
        for place in asset["destinations"].values()
        if place["objectKey"].endswith(".tar.gz")
    }


@pytest.mark.parametrize(
    ("make", "qualifier"),
    [
        (lambda: cdk.DefaultStackSynthesizer(qualifier="platform"), "platform"),
        (cdk.CliCredentialsStackSynthesizer, "hnb659fds"),
    ],
)
def test_a_models_asset_goes_where_the_stacks_synthesizer_says(make: Make, qualifier: str) -> None:
    app = cdk.App()
    stack = with_job(app, "Models", make())
    ids = [construct.node.path for construct in stack.node.find_all()]
    assembly = app.synth()
    (bucket,) = model_assets(assembly.directory, "Models")
    assert f"cdk-{qualifier}-assets" in bucket
    assert not [path for path in ids if "NeoAssetSynthesizer" in path]
    assert "AWS::CloudFormation::Stack" not in str(assembly.stacks[0].template)


def test_one_synthesizer_for_all_stacks_of_an_app() -> None:
    synthesizer = cdk.DefaultStackSynthesizer(qualifier="platform")
    app = cdk.App(default_stack_synthesizer=synthesizer)
    for name in ("One", "Two"):
        with_job(app, name)
    directory = app.synth().directory
    assert model_assets(directory, "One")
    assert model_assets(directory, "Two")


def test_a_fleets_document_goes_where_the_stacks_synthesizer_says() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Models", synthesizer=cdk.DefaultStackSynthesizer(qualifier="platform"))
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job(
        "tiny", model=ModelArtifact.from_asset(MODEL), framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]}, target=Target.ML_C5,
    )  # fmt: skip
    assembly = app.synth()
    manifest = json.loads((Path(assembly.directory) / "Models.assets.json").read_text())
    (document,) = (
        asset for asset in manifest["files"].values()
        if asset["source"]["path"].startswith("neo-fleet.")
    )  # fmt: skip
    (place,) = document["destinations"].values()
    assert "cdk-platform-assets" in place["bucketName"]
