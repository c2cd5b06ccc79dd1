"""Rule packs: every finding in what this library makes has its reason, and nothing else has."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_iam as iam

from neo_constructs import AcknowledgedFindings, CompilationJob, Target
from tests.constructs.conftest import ONNX, full_job, model

PACKS = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.ServerlessChecks,
)


def findings(
    build: Callable[[cdk.Stack], object], *, acknowledge: bool = True
) -> list[tuple[str, str]]:
    """Rule and construct path of everything that four packs find."""
    app = cdk.App(analytics_reporting=False)
    build(cdk.Stack(app, "S"))
    if acknowledge:
        cdk.Aspects.of(app).add(AcknowledgedFindings())
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in PACKS))
    with contextlib.suppress(RuntimeError):  # what a synthesis with findings ends with
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return sorted(
        (violation["ruleName"], place["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for place in violation["violatingConstructs"]
    )


def job(stack: cdk.Stack) -> CompilationJob:
    return CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **ONNX)


def test_the_packs_find_things_without_the_reasons() -> None:
    assert len(findings(job, acknowledge=False)) > 30


def test_every_finding_in_the_smallest_stack_has_its_reason() -> None:
    assert findings(job) == []


def test_only_what_the_app_made_itself_is_left_in_a_larger_stack() -> None:
    own = ("S/Vpc", "S/Key", "S/Out", "S/In", "S/Custom::S3AutoDelete")
    left = [(rule, path) for rule, path in findings(full_job) if not path.startswith(own)]
    assert left == []


def test_what_an_app_adds_to_a_jobs_role_is_not_excused() -> None:
    def build(stack: cdk.Stack) -> None:
        job(stack).add_to_role_policy(
            iam.PolicyStatement(actions=["dynamodb:*"], resources=["arn:aws:dynamodb:::table/*"])
        )

    assert {rule for rule, _ in findings(build)} >= {
        "AwsSolutions-IAM5[Action::dynamodb:*]",
        "AwsSolutions-IAM5[Resource::arn:aws:dynamodb:::table/*]",
    }


@pytest.fixture(autouse=True)
def _no_noise(capfd: pytest.CaptureFixture[Any]) -> Any:
    """The packs print what they find."""
    yield
    capfd.readouterr()
