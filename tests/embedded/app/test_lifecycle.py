"""The whole life of app.py with the real CDK CLI: what is called, what lives, which ids return."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.jobs import rows
from tests.embedded.app.deployment import Deployment
from tests.embedded.aws import Cdk, EmbeddedAws

pytestmark = [pytest.mark.embedded, pytest.mark.compiles]

LARGER = {"inputs.tiny-cnn.ml_c5": json.dumps({"data": [1, 3, 64, 64]})}


@pytest.fixture
def app(bootstrapped: EmbeddedAws, tmp_path: Path) -> Deployment:
    """app.py with one small network for two targets."""
    context = {"targets": "ml_c5,LINUX_ARM64", "stack": "Lifecycle"}
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out", context=context)
    return Deployment(bootstrapped, cdk, "Lifecycle")


def changed(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Return the counts that went up."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def test_app_lives_through_deploy_redeploy_change_failure_and_destroy(app: Deployment) -> None:
    aws, start = app.aws, app.mutations()

    ran = app.deploy()
    assert ran.code == 0, ran.output
    assert changed(start, app.mutations())["CreateCompilationJob"] == 2
    first = app.physical_ids()
    found = rows(aws.client("sagemaker"), aws.client("s3"), sorted(first.values()))
    assert {(row.status, row.machine) for row in found} == {
        ("COMPLETED", "x86_64"),
        ("COMPLETED", "aarch64"),
    }

    before = app.mutations()
    assert app.deploy("--force").code == 0
    assert changed(before, app.mutations()) == {}
    assert app.physical_ids() == first

    ran = app.deploy(**LARGER)
    assert ran.code == 0, ran.output
    assert changed(before, app.mutations())["CreateCompilationJob"] == 1
    second = app.physical_ids()
    (moved,) = (key for key in first if second[key] != first[key])
    assert "MlC5" in moved
    assert json.loads(app.job(second[moved])["InputConfig"]["DataInputConfig"])["data"][2] == 64

    before = app.mutations()
    ran = app.deploy(**LARGER, broken="true")
    assert ran.code != 0
    assert "Input no_such_input of DataInputConfig is not an input of the model" in ran.output
    assert changed(before, app.mutations())["CreateCompilationJob"] == 1, "the broken job alone"
    assert app.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert app.physical_ids() == second
    assert {app.job(name)["CompilationJobStatus"] for name in second.values()} == {"COMPLETED"}
    assert aws.live() == []

    told = {"JobsCreated", "JobsCompleted", "CompileSeconds", "JobsFailed", "FailuresByClass"}
    assert app.metrics() == told

    before = app.mutations()
    assert app.destroy().code == 0
    assert "CreateCompilationJob" not in changed(before, app.mutations())
    assert aws.live() == []
