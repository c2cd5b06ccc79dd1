"""Jobs stopped, deleted, retagged and made behind a fleet's back, on the embedded AWS."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.embedded.aws import EmbeddedAws
from tests.embedded.test_plan_and_apply import Neoctl, prepared

pytestmark = [pytest.mark.embedded, pytest.mark.compiles]


def drifts(neoctl: Neoctl, path: str, code: int) -> dict[str, str]:
    found = json.loads(neoctl.run("drift", path, "--format", "json", code=code))
    return {each["logical_name"]: each["drift"] for each in found["drifts"]}


def jobs(neoctl: Neoctl, owner: str) -> dict[str, dict[str, Any]]:
    found = neoctl.aws.client("sagemaker").list_compilation_jobs(NameContains=f"{owner}-")
    return {each["CompilationJobName"]: each for each in found["CompilationJobSummaries"]}


def job_of(neoctl: Neoctl, owner: str, part: str) -> dict[str, Any]:
    return next(job for name, job in jobs(neoctl, owner).items() if part in name)


def by_hand(neoctl: Neoctl, bucket: str, name: str) -> None:
    """Create a job as somebody does who knows nothing of us."""
    role = yaml.safe_load((neoctl.folder / "fleet.yaml").read_text())["defaults"]["RoleArn"]
    neoctl.aws.client("sagemaker").create_compilation_job(
        CompilationJobName=name, RoleArn=role,
        InputConfig={"S3Uri": f"s3://{bucket}/models/tiny.tar.gz", "Framework": "ONNX",
                     "DataInputConfig": "{'data': [1,3,32,32]}"},
        OutputConfig={"S3OutputLocation": f"s3://{bucket}/hand",
                      "TargetPlatform": {"Os": "LINUX", "Arch": "X86_64"},
                      "CompilerOptions": '{"mattr": ["+avx2"]}'},
        StoppingCondition={"MaxRuntimeInSeconds": 900}, Tags=[{"Key": "who", "Value": "no"}],
    )  # fmt: skip


def test_what_is_done_behind_a_fleets_back_is_found_repaired_and_never_somebody_elses(
    embedded_aws: EmbeddedAws, tmp_path: Path
) -> None:
    neoctl = prepared(embedded_aws, tmp_path, "living")
    spec = neoctl.folder / "fleet.yaml"
    spec.write_text(spec.read_text().replace("out/}", "out/, Tags: {team: vision}}"))
    neoctl.run("apply", "fleet.yaml", "-y")
    assert drifts(neoctl, "fleet.yaml", 0) == {}
    sagemaker, s3 = neoctl.aws.client("sagemaker"), neoctl.aws.client("s3")
    cloud = job_of(neoctl, "living", "ml-c5")
    arn = cloud["CompilationJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "audio"}])
    linux = job_of(neoctl, "living", "linux")["CompilationJobName"]
    s3.delete_object(Bucket="living", Key=f"out/{linux}/tiny-LINUX_X86_64.tar.gz")
    assert drifts(neoctl, "fleet.yaml", 2) == {
        "tiny/ml_c5": "retagged", "tiny/LINUX_X86_64": "artifact-gone",
    }  # fmt: skip
    neoctl.run("apply", "fleet.yaml", "-y", "--refresh")
    assert drifts(neoctl, "fleet.yaml", 0) == {}
    sagemaker.delete_compilation_job(CompilationJobName=cloud["CompilationJobName"])
    assert drifts(neoctl, "fleet.yaml", 2) == {"tiny/ml_c5": "vanished"}

    by_hand(neoctl, "living", "living-tiny-linux-x86-64-aaaaaaaaaaaa")
    neoctl.run("prune", "fleet.yaml", "--keep-last", "0", "-y")
    neoctl.run("destroy", "fleet.yaml", "-y")
    assert set(jobs(neoctl, "living")) == {"living-tiny-linux-x86-64-aaaaaaaaaaaa"}


def test_what_was_made_by_hand_is_imported_kept_and_exported(
    embedded_aws: EmbeddedAws, tmp_path: Path
) -> None:
    neoctl = prepared(embedded_aws, tmp_path, "byhand")
    by_hand(neoctl, "byhand", "byhand-1")
    neoctl.run("import", "byhand-1", "--owner", "mine", "-o", "imported.yaml")
    assert "Plan: no changes." in neoctl.run("plan", "imported.yaml", "--detailed-exitcode")
    neoctl.run("destroy", "imported.yaml", "-y")
    neoctl.run("apply", "imported.yaml", "-y", "--prune", "--allow-empty")
    assert set(jobs(neoctl, "byhand")) == {"byhand-1"}
    neoctl.run("export", "fleet.yaml", "--to", "cdk", "-o", "app.py")
    ran = subprocess.run(
        [sys.executable, "app.py"], cwd=neoctl.folder, env=neoctl.environment, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
