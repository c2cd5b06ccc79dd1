"""``neoctl plan`` and ``apply`` on the embedded AWS, as users run them, with boto3 beside them."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import tarfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.aws import EmbeddedAws, make_role
from tests.paths import ROOT

pytestmark = [pytest.mark.embedded, pytest.mark.compiles]
PROGRAM = "from reconciler.cli.main import main; main()"
SPEC = """\
apiVersion: neo-as-code/v1
owner: planned
defaults: {RoleArn: "ROLE", S3OutputLocation: s3://planned/out/}
models:
  tiny:
    S3Uri: s3://planned/models/tiny.tar.gz
    Framework: ONNX
    DataInputConfig: {data: [1, 3, 32, 32]}
    targets: [ml_c5, LINUX/X86_64]
"""


def arguments(*words: str) -> list[str]:
    return [sys.executable, "-P", "-c", PROGRAM, *words]


class Neoctl:
    """neoctl of this checkout in a folder of specs."""

    def __init__(self, aws: EmbeddedAws, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        self.environment = {**aws.environment(), "PYTHONPATH": str(ROOT)}

    def run(self, *words: str, code: int = 0) -> str:
        ran = subprocess.run(
            arguments(*words), env=self.environment, cwd=self.folder, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            arguments(*words), env=self.environment, cwd=self.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def jobs(self) -> dict[str, dict[str, Any]]:
        found = self.aws.client("sagemaker").list_compilation_jobs(NameContains="planned-")
        return {each["CompilationJobName"]: each for each in found["CompilationJobSummaries"]}

    def count(self, operation: str) -> int:
        counts = self.aws.admin("calls")["counts"].get(operation, {})
        return int(sum(counts.values()))


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C after the first create: it ends within a second, and names the job."""
    assert process.stderr is not None
    line = ""
    while '"action": "create"' not in line:
        line = process.stderr.readline()
        assert process.poll() is None, line
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=10)
    assert time.monotonic() - began < 1
    assert process.returncode == 130
    assert json.loads(line)["job"] in error


def prepared(aws: EmbeddedAws, folder: Path, owner: str) -> Neoctl:
    """Return neoctl beside a spec of this owner, whose bucket, model and role are there."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=owner)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(ROOT / "examples" / "models" / "tiny-cnn.onnx", "model.onnx")
    s3.put_object(Bucket=owner, Key="models/tiny.tar.gz", Body=packed.getvalue())
    role = make_role(aws, owner, "s3:GetObject", "s3:PutObject")
    spec = SPEC.replace("planned", owner).replace("ROLE", role)
    (folder / "fleet.yaml").write_text(spec)
    return Neoctl(aws, folder)


@pytest.fixture
def neoctl(embedded_aws: EmbeddedAws, tmp_path: Path) -> Neoctl:
    return prepared(embedded_aws, tmp_path, "planned")


def test_a_fleet_lives_by_plans_that_say_what_then_happens(neoctl: Neoctl) -> None:
    neoctl.run("plan", "fleet.yaml", "--out", "plan.json", "--detailed-exitcode", code=2)
    planned = json.loads((neoctl.folder / "plan.json").read_text())
    assert [each["action"] for each in planned["actions"]] == ["create", "create"]
    interrupt(neoctl.begin("apply", "plan.json", "-y", "--progress", "jsonl"))
    first, second = (
        neoctl.begin("apply", "plan.json", "-y"),
        neoctl.begin("apply", "plan.json", "-y"),
    )
    for process in (first, second):
        out, error = process.communicate(timeout=300)
        assert process.returncode == 0, out + error
        assert "2 compiled, 0 running, 0 failed" in out
    jobs = neoctl.jobs()
    assert set(jobs) == {each["job"] for each in planned["actions"]}
    assert {each["CompilationJobStatus"] for each in jobs.values()} == {"COMPLETED"}
    described, listed = neoctl.count("DescribeCompilationJob"), neoctl.count("ListCompilationJobs")
    assert "2 unchanged" in neoctl.run("plan", "fleet.yaml", "--detailed-exitcode")
    assert neoctl.count("DescribeCompilationJob") == described
    assert neoctl.count("ListCompilationJobs") == listed + 1

    spec = neoctl.folder / "fleet.yaml"
    spec.write_text(spec.read_text().replace("LINUX/X86_64", "ml_m5"))
    shown = neoctl.run("plan", "fleet.yaml", "--prune")
    assert "1 to create, 1 record to delete. 1 unchanged." in shown
    neoctl.run("apply", "fleet.yaml", "--prune", "-y")
    assert len(neoctl.jobs()) == 2
    assert neoctl.run("apply", "fleet.yaml", "--prune", "-y").endswith("Nothing to do.\n")

    live_in_a_shared_fleet(neoctl)


def live_in_a_shared_fleet(neoctl: Neoctl) -> None:
    """Share a fleet by its state in S3: conditional writes, a lease that is held, and Ctrl-C."""
    words = ("fleet.yaml", "-y", "--state", "s3://planned/state")
    neoctl.run("apply", *words)
    s3 = neoctl.aws.client("s3")
    pointer = {"Bucket": "planned", "Key": "state/planned/desired.json"}
    generation = json.loads(s3.get_object(**pointer)["Body"].read())
    assert generation["lease"] is None
    until = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    held = {**generation, "lease": {"holder": "deploy-7", "until": until}}
    s3.put_object(**pointer, Body=json.dumps(held).encode())
    assert "deploy-7 holds the fleet's lease until" in neoctl.run(
        "apply", *words, "--timeout", "1", code=1
    )
    s3.put_object(**pointer, Body=json.dumps(generation).encode())
    spec = neoctl.folder / "fleet.yaml"
    spec.write_text(spec.read_text().replace("tiny:", "small:"))
    interrupt(neoctl.begin("apply", *words, "--progress", "jsonl"))
    assert "2 compiled, 0 running, 0 failed" in neoctl.run("apply", *words)
    manifest = s3.get_object(Bucket="planned", Key="state/planned/manifest.json")["Body"].read()
    assert json.loads(manifest)["counts"]["completed"] == 4
