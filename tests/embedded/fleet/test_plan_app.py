"""``neoctl plan --app`` of a fleet, compared with what the real CDK CLI's deployment then did."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.aws import Cdk, EmbeddedAws
from tests.embedded.fleet.deployed import MODEL, Deployed
from tests.paths import ROOT

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]
HERE = Path(__file__).parent / "app"
PROGRAM = "from reconciler.cli.main import main; main()"


@pytest.fixture
def deployed(bootstrapped: EmbeddedAws, tmp_path: Path) -> Deployed:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} {HERE}/app.py"}))
    context = {"model": str(MODEL)}
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out", app=tmp_path, context=context)
    return Deployed(bootstrapped, cdk, "FleetUnderTest")


def planned(deployed: Deployed, **context: str) -> dict[str, dict[str, Any]]:
    """Return the actions of the plan of the next deployment, by logical name."""
    out = deployed.cdk.app / "planned"
    cdk = Cdk(deployed.cdk.environment, out, app=deployed.cdk.app, context=deployed.cdk.context)
    synthesized = cdk.run("synth", "--quiet", context=context)
    assert synthesized.code == 0, synthesized.output
    ran = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, "plan", "--app", str(out), "--format", "json"],
        env={**deployed.cdk.environment, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return {each["logical_name"]: each for each in json.loads(ran.stdout)["actions"]}


def test_a_plan_says_what_the_deployment_of_a_fleet_then_does(deployed: Deployed) -> None:
    assert {name: each["action"] for name, each in planned(deployed).items()} == {
        "net/ml_c5": "create", "net/LINUX_ARM64": "create",
    }  # fmt: skip
    ran = deployed.deploy()
    assert ran.code == 0, ran.output

    assert {each["action"] for each in planned(deployed).values()} == {"keep"}

    actions = planned(deployed, size="64")
    assert actions["net/LINUX_ARM64"]["action"] == "keep"
    replaced = actions["net/ml_c5"]
    assert replaced["action"] == "replace"
    assert replaced["edits"] == [
        {"path": "InputConfig.DataInputConfig#/data/2", "before": "32", "after": "64"}
    ]
    before = deployed.manifest()["jobs"]
    ran = deployed.deploy(size="64")
    assert ran.calls == {"CreateCompilationJob": 1}
    after = deployed.manifest()["jobs"]
    assert after["net/ml_c5"]["name"] == replaced["job"]
    assert replaced["previous"] == before["net/ml_c5"]["name"]
    assert after["net/LINUX_ARM64"] == before["net/LINUX_ARM64"]
    assert deployed.cdk.run("destroy", "--force").code == 0
