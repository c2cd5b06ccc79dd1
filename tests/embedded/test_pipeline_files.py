"""The workflow of the GitOps repository: its commands, run by bash against the embedded AWS."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.embedded.aws import EmbeddedAws, make_role
from tests.fakes.review_api import Account, ReviewApi, serving
from tests.paths import ROOT

pytestmark = [pytest.mark.embedded, pytest.mark.compiles]
REPOSITORY = ROOT / "examples" / "gitops-repo"
BUCKET = "team-neo-000000000000"
TOKEN = "ghs_of-a-workflow"
NEOCTL = f"""#!/bin/sh
exec {sys.executable} -P -c 'from reconciler.cli.main import main; main()' "$@"
"""


@dataclass(slots=True)
class Workflow:
    """A run of the workflow's jobs, one step after the other, as a runner makes it."""

    folder: Path
    environment: dict[str, str]
    jobs: dict[str, Any] = field(init=False)
    outputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        workflow = yaml.safe_load((self.folder / ".github/workflows/neo.yml").read_text())
        self.jobs = workflow["jobs"]
        self.environment["SPECS"] = workflow["env"]["SPECS"]

    def run(self, job: str, *parts: str, code: int = 0, **more: str) -> str:
        """Run the steps of a job that have one of these parts in their commands."""
        found = [
            step["run"]
            for step in self.jobs[job]["steps"]
            if any(part in step.get("run", "") for part in parts)
        ]
        assert len(found) == len(parts)
        return "".join(self._step(command, code, more) for command in found)

    def _step(self, command: str, code: int, more: dict[str, str]) -> str:
        written = self.folder / "github-output"
        written.write_text("")
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", command],
            cwd=self.folder, env={**self.environment, "GITHUB_OUTPUT": str(written), **more},
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert ran.returncode == code, ran.stdout + ran.stderr
        for line in written.read_text().splitlines():
            name, _, value = line.partition("=")
            self.outputs[name] = value
        return ran.stdout + ran.stderr

    def command(self, command: str, code: int = 0, **more: str) -> str:
        """Run a command as the runner does."""
        return self._step(command, code, more)

    def summary(self) -> str:
        """Return the summary that the last jobs wrote, and forget it."""
        path = Path(self.environment["GITHUB_STEP_SUMMARY"])
        text = path.read_text()
        path.write_text("")
        return text


@pytest.fixture
def api() -> Iterator[ReviewApi]:
    with serving(ReviewApi({TOKEN: Account("github-actions[bot]", app=True)})) as made:
        yield made


@pytest.fixture
def workflow(embedded_aws: EmbeddedAws, api: ReviewApi, tmp_path: Path) -> Workflow:
    folder = tmp_path / "repository"
    shutil.copytree(REPOSITORY, folder)
    for path in (folder / "specs/vision.yaml", folder / "policy.yaml"):
        text = path.read_text().replace("111122223333", "000000000000")
        path.write_text(text.replace("224, 224", "32, 32"))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "neoctl").write_text(NEOCTL)
    (programs / "neoctl").chmod(0o755)
    environment = {
        **embedded_aws.environment(), "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "true",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "GITHUB_API_URL": api.url,
        "GITHUB_REPOSITORY": "team/models", "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }  # fmt: skip
    return Workflow(folder, environment)


@pytest.fixture(scope="module")
def account(embedded_aws: EmbeddedAws) -> EmbeddedAws:
    """The embedded AWS with the bucket, the models and the role that the specs name."""
    s3 = embedded_aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(ROOT / "examples" / "models" / "tiny-cnn.onnx", "model.onnx")
    for name in ("squeezenet", "shufflenet"):
        s3.put_object(Bucket=BUCKET, Key=f"models/{name}.tar.gz", Body=packed.getvalue())
    make_role(embedded_aws, "NeoJobs", "s3:GetObject", "s3:PutObject")
    return embedded_aws


def test_a_change_goes_from_the_pull_request_to_compiled_models(
    workflow: Workflow, api: ReviewApi, account: EmbeddedAws
) -> None:
    workflow.run("validate", "neoctl validate")
    assert json.loads((workflow.folder / "neo.sarif").read_text())["version"] == "2.1.0"

    workflow.run("plan", "--out neo-plans/", "neoctl comment", GITHUB_TOKEN=TOKEN)
    [comment] = api.bodies()
    assert "3 to create" in comment
    assert workflow.summary().strip() in comment

    workflow.run("plan", "--out neo-plans/")
    assert workflow.outputs["changes"] == "2"
    said = workflow.run("apply", "neoctl apply", DIGEST="another", code=1)
    assert "expected is another" in said
    applied = workflow.run("apply", "neoctl apply", DIGEST=workflow.outputs["digest"])
    assert "3 compiled, 0 running, 0 failed" in applied

    workflow.run("plan", "--out neo-plans/", "neoctl comment", GITHUB_TOKEN=TOKEN)
    assert workflow.outputs["changes"] == "0"
    [comment] = api.bodies()
    assert "no changes" in comment

    workflow.run("drift", "neoctl drift")
    s3 = account.client("s3")
    artifact, *_ = s3.list_objects_v2(Bucket=BUCKET, Prefix="compiled/")["Contents"]
    s3.delete_object(Bucket=BUCKET, Key=artifact["Key"])
    assert "artifact-gone" in workflow.run("drift", "neoctl drift", code=2)


def test_a_fork_gets_a_plan_without_credentials(workflow: Workflow) -> None:
    for name in [name for name in workflow.environment if name.startswith("AWS_")]:
        del workflow.environment[name]
    workflow.environment |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}
    commit = "git add -A && git -c user.name=a -c user.email=a@example.com commit -qm change"
    workflow.command(f"git init -q && {commit}")
    spec = workflow.folder / "specs/vision.yaml"
    spec.write_text(spec.read_text().replace("[ml_c5, LINUX/ARM64]", "[ml_c5, ml_c4]"))
    workflow.command(commit)
    workflow.run("plan", "--offline")
    summary = workflow.summary()
    assert "1 job declared" in summary
    assert "squeezenet/ml_c4" in summary


def test_a_fork_at_gitlab_gets_a_plan_without_credentials(workflow: Workflow) -> None:
    workflow.command("neoctl ci init gitlab --policy policy.yaml")
    pipeline = yaml.safe_load((workflow.folder / ".gitlab-ci.yml").read_text())
    for name in [name for name in workflow.environment if name.startswith("AWS_")]:
        del workflow.environment[name]
    script = "\n".join(pipeline["plan"]["script"])
    assert "3 jobs declared" in workflow.command(script, CI_MERGE_REQUEST_IID="7")
    assert "3 jobs declared" not in workflow.command(script, 1)


def test_the_pipeline_of_gitlab_does_the_same(
    workflow: Workflow, api: ReviewApi, account: EmbeddedAws
) -> None:
    folder, personal = workflow.folder, "glpat-of-a-project"
    api.accounts[personal] = Account("project-bot")
    for path in (folder / "specs/vision.yaml", folder / "policy.yaml"):
        path.write_text(path.read_text().replace("owner: vision", "owner: speech"))
    workflow.environment |= {
        "GITLAB_CI": "true", "CI_API_V4_URL": api.url, "CI_PROJECT_ID": "team/models",
        "CI_MERGE_REQUEST_IID": "7", "GITLAB_TOKEN": personal, "CI_JOB_TOKEN": "of-the-job",
        "NEO_PLAN_ROLE": "arn:aws:iam::000000000000:role/plan",
    }  # fmt: skip
    del workflow.environment["GITHUB_ACTIONS"]
    workflow.command("neoctl ci init gitlab --policy policy.yaml")
    pipeline = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())

    def run(job: str, code: int = 0, **more: str) -> str:
        return workflow.command("\n".join(pipeline[job]["script"]), code, **more)

    run("validate")
    assert "<testsuites" in (folder / "neo-junit.xml").read_text()
    run("plan")
    [comment] = api.bodies()
    assert "3 to create" in comment
    name, _, digest = (folder / "plan.env").read_text().strip().partition("=")
    assert name == "NEO_DIGEST"
    assert "3 compiled, 0 running, 0 failed" in run("apply", NEO_DIGEST=digest)
    run("drift")
