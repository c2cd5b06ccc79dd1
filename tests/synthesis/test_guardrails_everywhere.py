"""An organisation's demands hold wherever a job is declared: stages, nested stacks, fleets, specs,
tokens; the report has the constructs' paths.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationMatrix,
    MatrixModel,
    OrganisationPolicy,
    Target,
)
from neo_constructs.governance.fleet_breaches import fleet_breaches
from reconciler.rules.organisation_policy import OrganisationPolicy as PolicyDocument
from tests.paths import ROOT
from tests.synthesis.conftest import ONNX, model

Found = set[tuple[str, str]]
ONLY_C5 = {"devices": ["ml_c5"]}


def app_with(**demands: Any) -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    OrganisationPolicy(json.dumps(demands)).apply_to(app)
    return app


def report(app: cdk.App) -> Found:
    """Rule and construct path of every breach."""
    with contextlib.suppress(RuntimeError):
        app.synth()
    found = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    assert not [
        plugin for plugin in found["pluginReports"] if "error" in plugin.get("metadata", {})
    ]
    return {
        (violation["ruleName"], place["constructPath"])
        for plugin in found["pluginReports"]
        for violation in plugin["violations"]
        for place in violation["violatingConstructs"]
    }


def job(scope: cdk.Stack, name: str, target: Target, **more: Any) -> CompilationJob:
    return CompilationJob(scope, name, model=model(scope), target=target, **ONNX, **more)


def short(found: Found) -> Found:
    """Paths without the id of the resource in a construct."""
    return {(rule, path.rpartition("/")[0]) for rule, path in found}


def test_stages_nested_stacks_and_matrices_are_judged() -> None:
    app = app_with(**ONLY_C5)
    stage = cdk.Stage(app, "Prod")
    inner = cdk.Stage(stage, "Wave")
    for scope, name in ((app, "Top"), (stage, "Staged"), (inner, "Inner")):
        stack = cdk.Stack(scope, name)
        job(stack, "Good", Target.ML_C5)
        job(stack, "Bad", Target.ML_M5)
    nested = cdk.NestedStack(cdk.Stack(app, "Outer"), "Nested")
    job(nested, "Bad", Target.ML_M5)
    net = MatrixModel(model(nested), **ONNX)
    CompilationMatrix(nested, "M", models={"n": net}, targets=[Target.ML_C5, Target.RASP3B])
    assert short(report(app)) == {
        ("NEO709", "Top/Bad"), ("NEO709", "Prod/Staged/Bad"), ("NEO709", "Prod/Wave/Inner/Bad"),
        ("NEO709", "Outer/Nested/Bad"), ("NEO709", "Outer/Nested/M/n/rasp3b"),
    }  # fmt: skip


def test_fleets_of_constructs_and_of_specs_are_judged_in_stages_too(tmp_path: Path) -> None:
    app = app_with(**ONLY_C5, inputPrefixes=["s3://trusted/"])
    stage = cdk.Stage(app, "Prod")
    for scope, name in ((app, "Top"), (stage, "Staged")):
        stack = cdk.Stack(scope, name)
        fleet = CompilationFleet(stack, "Fleet")
        fleet.add_job("bad", model=model(stack), target=Target.ML_M5, **ONNX)
    folder = ROOT / "examples" / "gitops"
    specs = cdk.Stack(app, "Specs")
    bucket = s3.Bucket(specs, "Models")
    CompilationFleet.from_specs(
        specs, "Late", path=folder, variables={"models": bucket.bucket_name}
    )
    CompilationFleet.from_specs(specs, "Known", path=folder, variables={"models": "others"})
    found = short(report(app))
    assert {("NEO709", "Top/Fleet"), ("NEO709", "Prod/Staged/Fleet")} <= found
    assert ("NEO703", "Specs/Known") in found
    assert ("NEO703", "Specs/Late") not in found, "the bucket is known to the Lambda alone"


@pytest.mark.parametrize("nested", [False, True])
def test_the_region_is_judged_where_it_is_known(nested: bool) -> None:
    app = app_with(regions=["us-east-1"])
    places = {"Known": "eu-west-1", "Right": "us-east-1"}
    if nested:
        del places["Right"]
    for name, region in places.items():
        outer = cdk.Stack(app, name, env=cdk.Environment(account="123456789012", region=region))
        stack = cdk.NestedStack(outer, "N") if nested else outer
        job(stack, "Job", Target.ML_C5)
        CompilationFleet(stack, "Fleet").add_job(
            "m", model=model(stack), target=Target.ML_C5, **ONNX
        )
    below = "Known/N" if nested else "Known"
    assert short(report(app)) == {("NEO710", f"{below}/Job"), ("NEO710", f"{below}/Fleet")}


def test_a_region_that_only_the_deployment_knows_is_left_to_the_lambda() -> None:
    app = app_with(regions=["us-east-1"])
    job(cdk.Stack(app, "S"), "Job", Target.ML_C5)
    assert report(app) == set()


def test_one_tag_that_is_late_hides_no_other_that_is_missing() -> None:
    app = app_with(requiredTags={"team": ["vision"], "cost": []})
    stack = cdk.Stack(app, "S")
    late = cdk.CfnParameter(stack, "Team").value_as_string
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job("m", model=model(stack), target=Target.ML_C5, **ONNX)
    for construct in (job(stack, "Job", Target.ML_C5), fleet):
        cdk.Tags.of(construct).add("team", late)
    assert short(report(app)) == {("NEO711", "S/Job"), ("NEO711", "S/Fleet")}
    with pytest.raises(RuntimeError, match="requires the tag cost"):
        app.synth(force=True)


def test_a_fleet_whose_document_is_missing_is_not_taken_for_one_that_keeps_to_it(
    tmp_path: Path,
) -> None:
    properties = {"Document": {"Digest": "0" * 64}}
    with pytest.raises(FileNotFoundError, match="is not in the assembly"):
        list(
            fleet_breaches(
                tmp_path / "S.template.json", properties, PolicyDocument.from_mapping({})
            )
        )
