"""``neoctl plan --app``, compared with what the real CDK CLI's deployment then did."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.core.ownership import LOGICAL_NAME
from tests.embedded.app.deployment import Deployment
from tests.embedded.aws import Cdk, EmbeddedAws
from tests.paths import ROOT

# Long: the embedded CloudFormation shows no resource in progress, so each update waits 30 s.
pytestmark = [pytest.mark.long, pytest.mark.embedded, pytest.mark.compiles]
NAME = "PlannedJobs"
"""A stack of its own: rights are recorded by the names of functions, and other tests deploy too."""
PROGRAM = "from reconciler.cli.main import main; main()"
Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class PlannedDeployment:
    """An app, the plan of its next deployment, and what that deployment does."""

    app: Deployment
    out: Path

    def plan(self, *words: str, **context: str) -> dict[str, Any]:
        """Synthesize the app and plan it."""
        cdk = replace(self.app.cdk, out=self.out)
        synthesized = cdk.run("synth", "--quiet", context=context)
        assert synthesized.code == 0, synthesized.output
        ran = subprocess.run(
            [sys.executable, "-P", "-c", PROGRAM, "plan", "--app", str(self.out),
             "--format", "json", *words],
            env={**self.app.cdk.environment, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        planned: dict[str, Any] = json.loads(ran.stdout)
        return planned

    def jobs(self) -> dict[str, Tags]:
        """Return the tags of every job there is, by name."""
        sagemaker = self.app.aws.client("sagemaker")
        found = sagemaker.list_compilation_jobs(MaxResults=100)["CompilationJobSummaries"]
        return {
            each["CompilationJobName"]: {
                tag["Key"]: tag["Value"]
                for tag in sagemaker.list_tags(ResourceArn=each["CompilationJobArn"])["Tags"]
            }
            for each in found
        }

    def deploy(self, **context: str) -> list[dict[str, Any]]:
        """Plan, deploy, and compare; return the plan's actions."""
        planned = self.plan(**context)
        before = self.jobs()
        ran = self.app.deploy(**context)
        assert ran.code == 0, ran.output
        after = self.jobs()
        assert happened(before, after) == promised(planned)
        return list(planned["actions"])


def happened(before: dict[str, Tags], after: dict[str, Tags]) -> dict[str, Any]:
    """Return what was created, deleted and retagged."""
    names = {name: tags[LOGICAL_NAME] for name, tags in after.items()}
    return {
        "created": sorted(names[name] for name in after.keys() - before.keys()),
        "deleted": sorted(before.keys() - after.keys()),
        "retagged": {
            name: sorted(after[name].items() - before[name].items())
            for name in before.keys() & after.keys()
            if before[name] != after[name]
        },
    }


def promised(planned: dict[str, Any]) -> dict[str, Any]:
    """Return the same, as a plan says it."""
    actions = planned["actions"]
    creations = {"create", "replace", "create again"}
    return {
        "created": sorted(each["logical_name"] for each in actions if each["action"] in creations),
        "deleted": sorted(each["job"] for each in actions if each["action"] == "delete"),
        "retagged": {
            each["job"]: sorted(each.get("set_tags", {}).items())
            for each in actions
            if each["action"] == "retag"
        },
    }


@pytest.fixture
def planned(bootstrapped: EmbeddedAws, tmp_path: Path) -> PlannedDeployment:
    """The app in two_jobs."""
    folder = ROOT / "tests" / "embedded" / "app" / "two_jobs"
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out", app=folder, context={"stack": NAME})
    return PlannedDeployment(Deployment(bootstrapped, cdk, NAME), tmp_path / "planned")


def of(actions: list[dict[str, Any]], name: str) -> list[str]:
    return sorted(each["action"] for each in actions if each["logical_name"] == f"{NAME}/{name}")


def test_a_plan_says_what_the_deployment_then_does(planned: PlannedDeployment) -> None:
    [created] = planned.deploy()
    assert (created["action"], created["job"]) == ("create", "")

    assert of(planned.deploy(), "Stays") == ["keep"]

    actions = planned.deploy(team="audio", minutes="20")
    assert of(actions, "Stays") == ["retag"]
    [retagged] = [each for each in actions if each["action"] == "retag"]
    minutes = {"path": "StoppingCondition.MaxRuntimeInSeconds", "before": "900", "after": "1200"}
    assert minutes in retagged["edits"]

    actions = planned.deploy(team="audio", minutes="20", other="LINUX_ARM64")
    assert (of(actions, "Stays"), of(actions, "Other")) == (["keep"], ["create"])
    [created] = [each for each in actions if each["action"] == "create"]
    assert created["job"] in planned.jobs()

    actions = planned.deploy(team="audio", minutes="20", other="LINUX_X86_64")
    assert (of(actions, "Stays"), of(actions, "Other")) == (["keep"], ["delete", "replace"])
    [replaced] = [each for each in actions if each["action"] == "replace"]
    assert replaced["job"] in planned.jobs()
    assert replaced["edits"] == [
        {
            "path": "OutputConfig.TargetPlatform.Arch", "before": '"ARM64"', "after": '"X86_64"',
        }
    ]  # fmt: skip

    actions = planned.deploy(team="audio", minutes="20")
    assert of(actions, "Other") == ["delete"]
    assert planned.app.destroy().code == 0
