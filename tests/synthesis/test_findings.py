"""Rule packs: every finding in what this library makes has its reason, and nothing else has."""

from __future__ import annotations

import contextlib
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    AcknowledgedFindings,
    CompilationFleet,
    CompilationJob,
    ContinuousReconciliation,
    Target,
)
from neo_constructs.governance.finding_reasons import _PROVIDER, BY_TYPE, DEFAULT_BUCKET, INLINE
from tests.paths import ROOT
from tests.synthesis.conftest import ONNX, full_job, model
from tests.synthesis.test_examples import EXAMPLES, LINTED

PACKS = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.ServerlessChecks,
)


def findings(
    build: Callable[[cdk.Stack], object], *, acknowledge: bool = True
) -> list[tuple[str, str]]:
    """Rule and construct path of everything that four packs find in a stack."""
    app = cdk.App(analytics_reporting=False)
    build(cdk.Stack(app, "S"))
    return findings_of(app, acknowledge=acknowledge)


def findings_of(
    app: cdk.App, *, acknowledge: bool = True, own: Path | None = None
) -> list[tuple[str, str]]:
    """Rule and construct path of everything that four packs find in an app."""
    if acknowledge:
        known = AcknowledgedFindings.from_file(own) if own else AcknowledgedFindings()
        known.apply_to(app)
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


def example(path: Path) -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    runpy.run_path(str(path), run_name="example")["build"](app)
    return app


def the_app() -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    module = runpy.run_path(str(ROOT / "app.py"), run_name="app")
    stack = module["NeoModels"](app, "NeoModels")
    models = module["trained_models"](ROOT / "examples" / "models", {})
    stack.compile_all(list(models), [Target.ML_C5, Target.LINUX_ARM64])
    return app


OWN = ROOT / "examples" / "acknowledged-findings.json"


@pytest.mark.parametrize("path", LINTED)
def test_no_finding_in_an_example_is_without_a_reason(path: Path) -> None:
    assert findings_of(example(path), own=OWN) == []


def test_no_finding_in_the_app_is_without_a_reason() -> None:
    assert findings_of(the_app(), own=OWN) == []


@pytest.mark.long
def test_no_reason_of_the_examples_is_without_a_finding() -> None:
    apps = [the_app(), *map(example, EXAMPLES)]
    found = {finding for app in apps for finding in findings_of(app)}
    reasons = json.loads(OWN.read_text())
    assert {(rule, place) for place, rules in reasons.items() for rule in rules} == found


def test_an_apps_own_reasons_answer_what_they_name_and_nothing_else(tmp_path: Path) -> None:
    def build() -> cdk.App:
        app = cdk.App(analytics_reporting=False)
        for name in ("One", "Two"):
            s3.Bucket(cdk.Stack(app, name), "B")
        return app

    rules = {rule for rule, place in findings_of(build()) if place == "One/B/Resource"}
    path = tmp_path / "reasons.json"
    path.write_text(json.dumps({"One/B/Resource": dict.fromkeys(rules, "a test")}))
    assert {place for _, place in findings_of(build(), own=path)} == {"Two/B/Resource"}


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON"), ("[]", "must be an object"), ('{"a": {"b": ""}}', "must be an object")],
)
def test_reasons_that_cannot_be_read_are_told_with_their_file(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "reasons.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"reasons\.json: {said}"):
        AcknowledgedFindings.from_file(path)
    with pytest.raises(ValueError, match=r"nowhere\.json: No such file"):
        AcknowledgedFindings.from_file(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("table", "kind", "rule"),
    [
        (_PROVIDER, "AWS::Lambda::Function", "AwsSolutions-L1"),
        (_PROVIDER, "AWS::StepFunctions::StateMachine", "AwsSolutions-SF1"),
        (_PROVIDER, "AWS::Logs::LogGroup", "HIPAA.Security-CloudWatchLogGroupEncrypted"),
    ],
)
def test_a_reason_that_is_taken_away_is_a_finding(
    table: dict[str, Any], kind: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(table, kind, {k: v for k, v in table[kind].items() if k != rule})
    found = findings(job)
    assert found
    assert {name for name, _ in found} == {rule}


def test_every_reason_is_one_for_something_that_is_found() -> None:
    rules = {rule.partition("[")[0] for rule, _ in findings(everything, acknowledge=False)}
    reasons = {
        *INLINE, *DEFAULT_BUCKET,
        *(rule for kinds in BY_TYPE.values() for each in kinds.values() for rule in each),
    }  # fmt: skip
    assert reasons - rules == set()


def everything(stack: cdk.Stack) -> None:
    """Whatever this library makes by itself."""
    job(stack)
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job("m", model=model(stack), target=Target.ML_C5, **ONNX)
    ContinuousReconciliation(stack, "Keep", fleet=fleet)


@pytest.fixture(autouse=True)
def _no_noise(capfd: pytest.CaptureFixture[Any]) -> Any:
    """The packs print what they find."""
    yield
    capfd.readouterr()
