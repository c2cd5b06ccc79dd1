"""What a stack can hold: the figures of the page are those of a synthesis."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ContinuousReconciliation,
    Framework,
    ModelArtifact,
    Target,
)
from tests.paths import ROOT

PAGE = (ROOT / "docs/constructs/stacks.md").read_text()
MODEL = str(ROOT / "examples/models/tiny-cnn.onnx")
MOST_BYTES = 1_000_000
# As the CLI sets it unless it is told otherwise.
CLI_CONTEXT = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}


def a_job() -> dict[str, Any]:
    """Return the arguments of the jobs that were measured."""
    return {
        "model": ModelArtifact.from_asset(MODEL), "framework": Framework.ONNX,
        "data_input_config": {"data": [1, 3, 32, 32]}, "target": Target.ML_C5,
    }  # fmt: skip


def rendered(jobs: int, *, shared: bool, indented: bool) -> tuple[int, dict[str, Any]]:
    """Return the size of a template of so many jobs, and the template."""
    app = cdk.App(context=CLI_CONTEXT, analytics_reporting=True)
    stack = cdk.Stack(app, "Vision", suppress_template_indentation=not indented)
    arguments = a_job()
    if shared:
        arguments["role"] = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker"))
    for number in range(jobs):
        CompilationJob(stack, f"Job{number:03}", **arguments)
    artifact = app.synth().get_stack_by_name("Vision")
    text = Path(artifact.template_full_path).read_bytes()
    return len(text), json.loads(text)["Resources"]


def row(name: str) -> list[int]:
    """Return the numbers of a row of the page's table."""
    found = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", PAGE, re.MULTILINE)
    assert found is not None, name
    return [int(each.split()[0].replace(",", "")) for each in found[1].split("|")]


@pytest.mark.parametrize("indented", [True, False], ids=["indented", "not indented"])
@pytest.mark.parametrize("shared", [False, True], ids=["own roles", "one role"])
def test_a_job_takes_the_bytes_and_resources_of_the_page(shared: bool, indented: bool) -> None:
    small, few = rendered(1, shared=shared, indented=indented)
    large, many = rendered(11, shared=shared, indented=indented)
    bytes_a_job = (large - small) / 10
    ending = "" if indented else ", not indented"
    assert bytes_a_job == pytest.approx(row(f"bytes a job{ending}")[shared], rel=0.03)
    assert (len(many) - len(few)) / 10 == row("resources a job")[shared]
    fitting = row(f"jobs that fit{ending}")[shared]
    by_bytes = 1 + (MOST_BYTES - small) / bytes_a_job
    assert by_bytes >= fitting * 0.97
    if not shared and indented:  # the only case in which bytes end first
        assert by_bytes == pytest.approx(fitting, rel=0.03)


@pytest.mark.parametrize("indented", [True, False], ids=["indented", "not indented"])
def test_a_template_that_cloudformation_would_refuse_is_refused(indented: bool) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Vision", suppress_template_indentation=not indented)
    CompilationJob(stack, "Job", **a_job())
    cdk.CfnMapping(stack, "Other", mapping={"other": {"text": "x" * MOST_BYTES}})
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    text = str(caught.value)
    assert re.search(r"\[Vision\] the template has 1,0\d\d,\d{3} bytes", text)
    assert "CloudFormation takes 1,000,000" in text
    assert "in it are 1 compilation jobs, 1 of them with a role of their own" in text
    assert ("suppress_template_indentation" in text) is indented


def stack_of(place: str) -> tuple[cdk.App, cdk.Stack]:
    """Return a stack that is written to a place of its own."""
    app = cdk.App()
    if place == "nested stack":
        return app, cdk.NestedStack(cdk.Stack(app, "Outer"), "Vision")
    return app, cdk.Stack(cdk.Stage(app, "Test") if place == "stage" else app, "Vision")


@pytest.mark.parametrize("place", ["app", "stage", "nested stack"])
def test_the_template_is_checked_wherever_it_is_written(place: str) -> None:
    app, stack = stack_of(place)
    CompilationJob(stack, "Job", **a_job())
    written = Path(app.synth().directory)
    sizes = {
        entry["data"]
        for each in written.rglob("*.metadata.json")
        for entries in json.loads(each.read_text()).values()
        for entry in entries
        if entry["type"] == "neo:templateBytes"
    }
    templates = [
        each for each in written.rglob("*.template.json") if b"Custom::Neo" in each.read_bytes()
    ]
    assert sizes == {each.stat().st_size for each in templates}


def test_the_most_jobs_of_one_role_and_no_more_fit_into_500_resources() -> None:
    fitting = row("jobs that fit")[True]
    _, resources = rendered(1, shared=True, indented=False)
    assert len(resources) - 1 + fitting == 500


def test_fleets_and_schedules_have_the_managed_policies_of_the_page() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Vision")
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job("a", **a_job())
    ContinuousReconciliation(stack, "Keep", fleet=fleet)
    found = [each for each in stack.node.find_all() if isinstance(each, iam.CfnManagedPolicy)]
    policies = re.search(r"(\d+) for each `CompilationFleet`; (\d+) for each `Cont", PAGE)
    assert policies is not None
    assert len(found) == int(policies[1]) + int(policies[2])
