"""An organisation's demands, over a whole app and inside its Lambda."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ConstructError,
    OrganisationPolicy,
    Target,
)
from tests.synthesis.conftest import ONNX, model

DEMANDS = {
    "requireKmsKey": True,
    "devices": ["ml_c5"],
    "requiredTags": {"team": ["vision", "audio"]},
    "maxRuntimeSeconds": 900,
}


def app_with(policy: dict[str, Any]) -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    OrganisationPolicy(json.dumps(policy)).apply_to(app)
    return app


def report(app: cdk.App) -> dict[str, list[str]]:
    """Construct paths by rule, from the validation report of a synthesis."""
    with contextlib.suppress(RuntimeError):
        app.synth()
    found = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return {
        violation["ruleName"]: sorted(
            place["constructPath"] for place in violation["violatingConstructs"]
        )
        for plugin in found["pluginReports"]
        for violation in plugin["violations"]
    }


def test_every_breach_is_reported_with_the_constructs_that_break_it() -> None:
    app = app_with(DEMANDS)
    stack = cdk.Stack(app, "S")
    for name, target in (("One", Target.ML_C5), ("Two", Target.ML_M5)):
        job = CompilationJob(
            stack, name, model=model(stack), target=target,
            max_runtime=cdk.Duration.minutes(20), **ONNX,
        )  # fmt: skip
        cdk.Tags.of(job).add("team", "vision" if name == "One" else "video")
    both = ["S/One/Default", "S/Two/Default"]
    assert report(app) == {
        "NEO701": both,
        "NEO709": ["S/Two/Default"],
        "NEO711": ["S/Two/Default"],
        "NEO712": both,
    }


def test_what_is_known_only_later_is_left_to_the_lambda() -> None:
    app = app_with({"requireKmsKey": True, "kmsKeys": ["arn:aws:kms:*"], "roles": ["none"]})
    stack = cdk.Stack(app, "S")
    CompilationJob(
        stack, "Job", model=model(stack), target=Target.ML_C5,
        encryption_key=kms.Key(stack, "Key"), **ONNX,
    )  # fmt: skip
    assert report(app) == {}


def test_the_lambda_carries_the_policy() -> None:
    app = app_with(DEMANDS)
    stack = cdk.Stack(app, "S")
    job = CompilationJob(
        stack, "Job", model=model(stack), target=Target.ML_C5, encryption_key=kms.Key(stack, "Key"),
        **ONNX,
    )  # fmt: skip
    cdk.Tags.of(job).add("team", "audio")
    assembly = Path(app.synth().directory)
    [asset] = [path for path in assembly.glob("asset.*.zip")]
    with zipfile.ZipFile(asset) as archive:
        held = json.loads(archive.read("reconciler/handler/organisation_policy.json"))
    assert held == DEMANDS


def test_a_policy_that_is_not_well_formed_names_its_file_and_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"requireKms": true, "devices": "ml_c5"}')
    with pytest.raises(ValueError, match=r"policy\.json.*requireKmsKey.*/devices: must be a list"):
        OrganisationPolicy.from_file(path)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"policy\.json: organisation policy: not JSON"):
        OrganisationPolicy.from_file(path)
    with pytest.raises(ValueError, match=r"nowhere\.json: No such file"):
        OrganisationPolicy.from_file(tmp_path / "nowhere.json")


def test_a_policy_comes_before_the_jobs() -> None:
    app = cdk.App()
    cdk.Stack(app, "S")
    with pytest.raises(ConstructError, match="before anything is made"):
        OrganisationPolicy("{}").apply_to(app)


def test_the_lambda_of_a_fleet_carries_it_too() -> None:
    app = app_with(DEMANDS)
    CompilationFleet(cdk.Stack(app, "S"), "Fleet")
    found = []
    for asset in Path(app.synth().directory).glob("asset.*.zip"):
        with zipfile.ZipFile(asset) as archive:
            if "reconciler/handler/organisation_policy.json" in archive.namelist():
                found.append(asset)
    assert len(found) == 1
