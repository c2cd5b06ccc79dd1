"""A fleet deployed with the real CDK CLI on the embedded AWS: every call counted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.embedded.aws import Cdk, EmbeddedAws
from tests.embedded.fleet.deployed import MODEL, Deployed, upload

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]

HERE = Path(__file__).parent / "app"
STACK = "FleetUnderTest"


@pytest.fixture
def deployed(bootstrapped: EmbeddedAws, tmp_path: Path) -> Deployed:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} {HERE}/app.py"}))
    context = {"model": str(MODEL)}
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out", app=tmp_path, context=context)
    return Deployed(bootstrapped, cdk, STACK)


def test_a_fleet_lives_through_deploy_change_failure_drift_upload_and_destroy(
    deployed: Deployed,
) -> None:
    ran = deployed.deploy()
    assert ran.code == 0, ran.output
    assert ran.calls["CreateCompilationJob"] == 2
    first = deployed.manifest()
    assert first["counts"]["completed"] == 2
    s3 = deployed.aws.client("s3")
    for entry in first["jobs"].values():
        bucket, _, key = entry["artifact"].removeprefix("s3://").partition("/")
        assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 1000

    ran = deployed.deploy(size="64")
    assert ran.code == 0, ran.output
    assert ran.calls == {"CreateCompilationJob": 1}
    second = deployed.manifest()
    assert second["jobs"]["net/LINUX_ARM64"] == first["jobs"]["net/LINUX_ARM64"]

    ran = deployed.deploy(size="64", broken="yes")
    assert ran.code != 0
    assert "1 of 3 jobs failed" in ran.output
    assert ran.calls["CreateCompilationJob"] == 1
    assert deployed.manifest()["counts"] == second["counts"]
    assert deployed.aws.live() == []

    before = deployed.calls()
    assert deployed.reconcile()["changes"] == {}
    assert deployed.calls() == before
    gone = second["jobs"]["net/ml_c5"]["name"]
    deployed.aws.client("sagemaker").delete_compilation_job(CompilationJobName=gone)
    assert deployed.reconcile()["changes"] == {"create": 1}
    assert deployed.manifest()["counts"]["completed"] == 2

    upload(deployed)
    assert deployed.reconcile()["completed"] == 1
    assert set(deployed.manifest()["jobs"]) == {"uploaded"}

    assert deployed.cdk.run("destroy", "--force").code == 0
    assert deployed.aws.live() == []
