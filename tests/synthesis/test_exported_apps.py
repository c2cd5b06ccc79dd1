"""``neoctl export``: what it writes runs in the tools that it is for, and declares the same."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from reconciler.specs.load import load
from tests.paths import ROOT

SPEC = """\
apiVersion: neo-as-code/v1
owner: vision
region: us-east-1
defaults:
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  S3OutputLocation: s3://example-bucket/out/
  Tags: {team: vision}
models:
  resnet18:
    S3Uri: s3://example-bucket/models/it's $HOME `id`/resnet18.tar.gz
    Framework: PYTORCH
    FrameworkVersion: "1.8"
    DataInputConfig: {input0: [1, 3, 224, 224]}
    revision: version:abc
    VpcConfig:
      SecurityGroupIds: [sg-0123456789abcdef0]
      Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    targets:
      - ml_c5
      - TargetPlatform: {Os: LINUX, Arch: ARM64, Accelerator: NVIDIA}
        CompilerOptions: {gpu-code: sm_72, trt-ver: 7.1.3, cuda-ver: "10.2"}
        exactOutput: true
      - {TargetDevice: ml_m5, existingJob: their-job}
  packaged:
    ModelPackageVersionArn: arn:aws:sagemaker:us-east-1:111122223333:model-package/m/1
    StoppingCondition: {MaxRuntimeInSeconds: 1200, MaxPendingTimeInSeconds: 7200}
    targets: [ml_c5]
"""
VPC = ("--vpc-id", "vpc-0123456789abcdef0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    Path("fleet.yaml").write_text(SPEC)
    return tmp_path


def declared() -> dict[str, dict[str, Any]]:
    """Return the requests of the spec's managed jobs, without what the CDK says elsewhere."""
    found = {}
    for job in load(["fleet.yaml"]).jobs:
        if job.existing_job is None:
            wire = json.loads(json.dumps(dict(job.wire)))
            del wire["Tags"]
            wire["OutputConfig"]["S3OutputLocation"] = "s3://example-bucket/out"
            found[job.name] = {
                "request": wire, "revision": job.revision, "exactOutput": job.exact_output,
            }  # fmt: skip
    return found


def test_the_template_of_the_exported_app_declares_what_the_spec_does(folder: Path) -> None:
    assert run(["export", "fleet.yaml", "--to", "cloudformation", "-o", "out", *VPC]) == 0
    template = json.loads(Path("out/NeoJobs.template.json").read_text())
    jobs = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "Custom::NeoCompilationJob"
    ]
    found = {}
    for properties in jobs:
        declaration = json.loads(properties["Declaration"])
        found[declaration["logicalName"]] = {
            key: declaration[key] for key in ("request", "revision", "exactOutput")
        }
        assert properties["Tags"] == [{"Key": "team", "Value": "vision"}]
    assert found == declared()
    assert {path.name for path in Path("out").iterdir()} >= {"app.py", "manifest.json"}


def test_the_exported_app_is_python(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "fleet.yaml", "--to", "cdk", *VPC]) == 0
    code = capsys.readouterr().out
    compile(code, "app.py", "exec")
    assert "CompilationJob.from_compilation_job_name(" in code
    assert "mutable=False" in code


def test_the_script_gives_the_aws_cli_the_very_requests(folder: Path) -> None:
    assert run(["export", "fleet.yaml", "--to", "cli", "-o", "jobs.sh"]) == 0
    fake = folder / "bin" / "aws"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\nprintf "%s\\0" "$@" >> calls\n')
    fake.chmod(0o755)
    subprocess.run(["sh", "jobs.sh"], check=True, env={"PATH": f"{fake.parent}:/usr/bin:/bin"})
    words = Path("calls").read_text().rstrip("\0").split("\0")
    sent = [json.loads(word) for word in words if word.startswith("{")]
    assert words[:4] == ["sagemaker", "create-compilation-job", "--region", "us-east-1"]
    jobs = [job for job in load(["fleet.yaml"]).jobs if job.existing_job is None]
    declarations = [job.declaration() for job in jobs]
    expected = [each.create_request(str(each.identity), each.request.tags) for each in declarations]
    assert sent == expected
    assert "existing job their-job" in Path("jobs.sh").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "cdk"], "say which by --vpc-id"),
        (["--to", "cloudformation", *VPC], "needs a folder"),
        (["--to", "pulumi"], "not one of 'cli', 'cdk', 'cloudformation'"),
        ([], "Missing option '--to'"),
    ],
)
def test_what_is_missing_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run(["export", "fleet.yaml", *words]) == 1
    assert said in capsys.readouterr().err


def test_what_the_constructs_refuse_is_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = Path("fleet.yaml")
    spec.write_text(SPEC.replace("version:abc", "'etag:'"))
    assert run(["export", "fleet.yaml", "--to", "cloudformation", "-o", "out", *VPC]) == 1
    error = capsys.readouterr().err
    assert "digest is empty" in error
    assert "Traceback" not in error
