"""Many jobs of a fleet: what they share is made once, and nothing is shared that differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationFleet, CompilationJob, ConstructError, ModelArtifact, Target
from reconciler.core.fleet.document import FleetDocument
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import only

DEVICES = (Target.ML_M4, Target.ML_M5, Target.ML_C5)


def made() -> tuple[cdk.App, CompilationFleet]:
    app = cdk.App(analytics_reporting=False)
    return app, CompilationFleet(cdk.Stack(app, "S"), "Fleet")


def text_of(app: cdk.App) -> str:
    (path,) = Path(app.synth().directory).glob("neo-fleet.*.json")
    return path.read_text(encoding="utf-8")


def by_name(text: str) -> dict[str, Any]:
    return {job["logicalName"]: job["request"] for job in json.loads(text)["jobs"]}


def test_the_text_is_the_documents_canonical_one() -> None:
    app, fleet = made()
    stack = cdk.Stack.of(fleet)
    net = model(stack)
    for name in ("a", 'quoted "b"', "größe\n"):
        fleet.add_job(name, model=net, target=Target.ML_C5, **ONNX, tags={"z": "1", "a": "größe"})
    fleet.add_job(
        "c", model=net, target=Target.LINUX_ARM64, **ONNX, compiler_options={"b": 1, "a": 2}
    )
    text = text_of(app)
    assert FleetDocument.parse(text).text() == text
    assert list(by_name(text)) == ["a", 'quoted "b"', "größe\n", "c"]


def test_jobs_that_differ_in_anything_are_not_taken_for_one_another() -> None:
    app, fleet = made()
    stack = cdk.Stack.of(fleet)
    bucket = s3.Bucket.from_bucket_name(stack, "Nets", "nets")
    shape: dict[str, list[int]] = {"data": [1, 3, 224, 224]}
    given: dict[str, Any] = {"framework": ONNX["framework"], "data_input_config": shape}
    for number in range(3):
        net = ModelArtifact.from_bucket(bucket, f"{number}.tar.gz")  # forgotten after each turn
        role = iam.Role.from_role_arn(
            stack, f"R{number}", f"arn:aws:iam::123456789012:role/r{number}"
        )
        fleet.add_job(
            f"job-{number}", model=net, target=DEVICES[number], role=role,
            max_runtime=cdk.Duration.minutes(number + 1), **given,
        )  # fmt: skip
        shape["data"][0] += 1
    for number, request in enumerate(by_name(text_of(app)).values()):
        assert request["InputConfig"]["S3Uri"] == f"s3://nets/{number}.tar.gz"
        assert json.loads(request["InputConfig"]["DataInputConfig"])["data"][0] == number + 1
        assert request["OutputConfig"]["TargetDevice"] == DEVICES[number].device_name
        assert request["RoleArn"] == f"arn:aws:iam::123456789012:role/r{number}"
        assert request["StoppingCondition"]["MaxRuntimeInSeconds"] == 60 * (number + 1)


def test_a_name_is_a_text_and_taken_once() -> None:
    _, fleet = made()
    net = model(cdk.Stack.of(fleet))
    fleet.add_job("a", model=net, target=Target.ML_C5, **ONNX)
    with pytest.raises(ConstructError, match="'a' is declared twice"):
        fleet.add_job("a", model=net, target=Target.ML_C5, **ONNX)
    with pytest.raises(ConstructError, match="invalid job name ''"):
        fleet.add_job("", model=net, target=Target.ML_C5, **ONNX)


def test_a_job_that_comes_too_late_is_refused_not_lost() -> None:
    app, fleet = made()
    net = model(cdk.Stack.of(fleet))
    fleet.add_job("a", model=net, target=Target.ML_C5, **ONNX)
    app.synth()
    with pytest.raises(ConstructError, match="'b' is declared after the template was rendered"):
        fleet.add_job("b", model=net, target=Target.ML_C5, **ONNX)


def test_live_jobs_are_stopped_with_their_resource_whatever_is_said_of_all_resources() -> None:
    app, fleet = made()
    stack = cdk.Stack.of(fleet)
    CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **ONNX)
    cdk.MissingRemovalPolicies.of(app).retain()
    template = app.synth().get_stack_artifact(stack.artifact_id).template
    for kind in ("Custom::NeoCompilationFleet", "Custom::NeoCompilationJob"):
        assert only(template, kind)["DeletionPolicy"] == "Delete"
        assert only(template, kind)["UpdateReplacePolicy"] == "Delete"
