"""Templates are clean for cfn-lint and for CDK's own validation: app.py's and every example's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cfnlint import api as cfn_lint  # type: ignore[import-untyped]

from tests.synthesis.test_app import template
from tests.synthesis.test_examples import EXAMPLES, IGNORED, REGIONS

PROGRAM = Path(__file__).with_name("validate_apps.py")
SOME = ("05_endpoint", "11_gitops")
WRONG = """
import aws_cdk as cdk
def build(app):
    stack = cdk.Stack(app, "S")
    cdk.CfnResource(stack, "Bucket", type="AWS::S3::Bucket", properties={"Nonsense": 1})
    cdk.CfnResource(stack, "Queue", type="AWS::SQS::Queue", properties={"DelaySeconds": 9999})
"""


def validated(*paths: Path) -> dict[str, list[str]]:
    """Return what CDK's own validation finds, by file."""
    environment = {**os.environ, "CDK_VALIDATION": "true"}
    ran = subprocess.run(
        [sys.executable, str(PROGRAM), *map(str, paths)], env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    return {Path(name).stem: findings for name, findings in found.items()}


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param([path for path in EXAMPLES if path.stem in SOME], id="some"),
        pytest.param(EXAMPLES, id="all", marks=pytest.mark.long),
    ],
)
def test_cdks_own_validation_finds_nothing_in_any_example(examples: list[Path]) -> None:
    found = validated(*examples)
    assert len(found) == len(examples) > 1
    assert {name: findings for name, findings in found.items() if findings} == {}


def test_cdks_own_validation_sees_a_wrong_template(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG)
    [bucket, queue] = validated(path)["wrong"]
    assert "S/Bucket: F3002 Nonsense" in bucket
    assert "S/Queue: F3034 DelaySeconds: 9999" in queue


@pytest.mark.long
def test_cfn_lint_has_nothing_to_say_about_the_app(tmp_path: Path) -> None:
    text = json.dumps(template(tmp_path), indent=1)
    found = cfn_lint.lint(text, config={"ignore_checks": IGNORED, "regions": REGIONS})
    assert [str(each) for each in found] == []
