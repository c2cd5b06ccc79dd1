"""The repository to copy: valid specs, the workflow that neoctl writes, an app that synthesizes."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cfnlint import api as cfn_lint  # type: ignore[import-untyped]

from reconciler.cli.main import run
from reconciler.cli.pipelines.workflow_files import PATHS
from reconciler.specs.load import load
from tests.contract.project.test_workflows import lint
from tests.paths import ROOT

REPOSITORY = ROOT / "examples" / "gitops-repo"


def template() -> dict[str, Any]:
    app = cdk.App(analytics_reporting=False)
    runpy.run_path(str(REPOSITORY / "infrastructure" / "app.py"), run_name="example")["build"](app)
    [stack] = app.synth().stacks
    found: dict[str, Any] = stack.template
    return found


def test_the_specs_meet_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert run(["validate", "specs", "--policy", "policy.yaml", "--strict"]) == 0


def test_the_policy_can_be_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    spec = tmp_path / "vision.yaml"
    spec.write_text((REPOSITORY / "specs/vision.yaml").read_text().replace("/NeoJobs", "/Admin"))
    assert run(["validate", str(spec), "--policy", "policy.yaml"]) == 1


@pytest.mark.parametrize("system", ["github", "pre-commit"])
def test_the_files_are_those_that_neoctl_writes(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["ci", "init", system, "--policy", "policy.yaml"]) == 0
    path = PATHS[system]
    assert (REPOSITORY / path).read_text() == Path(path).read_text()


def test_actionlint_accepts_the_workflow() -> None:
    assert lint(REPOSITORY / PATHS["github"]) == []


def test_the_infrastructure_is_what_the_specs_name() -> None:
    made = template()
    roles = [each for each in made["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
    names = {each["Properties"].get("RoleName") for each in roles}
    [bucket] = [
        each["Properties"]["BucketName"]
        for each in made["Resources"].values()
        if each["Type"] == "AWS::S3::Bucket"
    ]
    wires = [job.wire for job in load([REPOSITORY / "specs"]).jobs]
    assert {str(wire["RoleArn"]).rpartition("/")[2] for wire in wires} <= names
    text = json.dumps(wires)
    assert set(re.findall(r"s3://([^/]+)/", text)) == {bucket}


def test_cfn_lint_has_nothing_to_say_about_the_infrastructure() -> None:
    found = cfn_lint.lint(
        json.dumps(template(), indent=1),
        config={"ignore_checks": ["W3005"], "regions": ["us-east-1"]},
    )
    assert [str(each) for each in found] == []


def test_the_readme_names_every_file() -> None:
    text = (REPOSITORY / "README.md").read_text()
    files = [
        path.relative_to(REPOSITORY).as_posix()
        for path in REPOSITORY.rglob("*")
        if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts
    ]
    assert [name for name in files if f"]({name})" not in text] == []
