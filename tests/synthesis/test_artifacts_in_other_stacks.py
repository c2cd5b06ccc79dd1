"""A job's values in another stack: what becomes an export, and the page's way without one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from neo_constructs import CompilationJob, Target
from tests.paths import ROOT
from tests.synthesis.conftest import ONNX, model

PAGE = (ROOT / "docs/constructs/stacks.md").read_text()


def exports_of_jobs(stack: cdk.Stack) -> list[str]:
    """Return the exports whose values change with a compilation."""
    app = cdk.Stage.of(stack)
    assert app is not None
    template = app.synth().get_stack_by_name(stack.stack_name).template
    jobs = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "Custom::NeoCompilationJob"
    ]
    assert jobs
    return [
        name
        for name, output in template.get("Outputs", {}).items()
        if any(f'"{job}"' in json.dumps(output) for job in jobs)
    ]


@pytest.mark.parametrize(
    "use",
    [
        lambda job, role: cdk.CfnOutput(role.stack, "Uri", value=job.compilation_job_artifacts_uri),
        lambda job, role: job.grant_read_artifacts(role),
    ],
    ids=["its artifact's URI", "a grant to read it"],
)
def test_using_a_job_directly_exports_what_changes_with_it(
    use: Callable[[CompilationJob, iam.Role], object],
) -> None:
    app = cdk.App(analytics_reporting=False)
    compiles, serves = cdk.Stack(app, "Compiles"), cdk.Stack(app, "Serves")
    job = CompilationJob(compiles, "Job", model=model(compiles), target=Target.ML_C5, **ONNX)
    use(job, iam.Role(serves, "Role", assumed_by=iam.ServicePrincipal("lambda")))
    assert len(exports_of_jobs(compiles)) == 1


def test_the_pages_way_exports_nothing_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    snippet = re.search(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert snippet is not None
    names: dict[str, Any] = {}
    exec(snippet[1], names)
    assert exports_of_jobs(names["compiles"]) == []
    reading = names["app"].synth().get_stack_by_name("Serves").template
    types = [each["Type"] for each in reading["Parameters"].values()]
    assert "AWS::SSM::Parameter::Value<String>" in types
