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


def test_a_job_that_exists_keeps_no_other_from_being_created(folder: Path) -> None:
    assert run(["export", "fleet.yaml", "--to", "cli", "-o", "jobs.sh"]) == 0
    fake = folder / "bin" / "aws"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "$@" >> calls\ntest "$(grep -c create calls)" -gt 1\n')
    fake.chmod(0o755)
    ran = subprocess.run(
        ["sh", "jobs.sh"], check=False, env={"PATH": f"{fake.parent}:/usr/bin:/bin"}
    )
    assert ran.returncode == 1
    assert Path("calls").read_text().count("create-compilation-job") == len(declared())


def in_two_regions() -> None:
    """Have the same fleet in a second region, with a network of its own there."""
    Path("west.yaml").write_text(
        SPEC.replace("region: us-east-1", "region: eu-west-1\naccount: '111122223333'")
        .replace("us-east-1:111122223333:model", "eu-west-1:111122223333:model")
    )  # fmt: skip


def test_each_account_and_region_is_a_stack_of_its_own(folder: Path) -> None:
    in_two_regions()
    vpcs = ["--vpc-id", "us-east-1=vpc-0e", "--vpc-id", "eu-west-1=vpc-0d"]
    assert run(["export", ".", "--to", "cloudformation", "-o", "out", *vpcs]) == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    stacks = {
        name: artifact["environment"]
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert stacks == {
        "NeoJobs-us-east-1": "aws://unknown-account/us-east-1",
        "NeoJobs-111122223333-eu-west-1": "aws://111122223333/eu-west-1",
    }
    for name in stacks:
        resources = json.loads(Path(f"out/{name}.template.json").read_text())["Resources"]
        types = [each["Type"] for each in resources.values()]
        assert types.count("Custom::NeoCompilationJob") == len(declared())
    code = Path("out/app.py").read_text()
    assert "vpc_id='vpc-0e'" in code
    assert "vpc_id='vpc-0d'" in code


def test_the_commands_of_a_script_are_for_their_regions_and_account(folder: Path) -> None:
    in_two_regions()
    assert run(["export", ".", "--to", "cli", "-o", "jobs.sh"]) == 0
    fake = folder / "bin" / "aws"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\ncase $1 in sts) echo $ACCOUNT;; *) echo "$@" >> calls;; esac\n')
    fake.chmod(0o755)
    around = {"PATH": f"{fake.parent}:/usr/bin:/bin"}
    other = subprocess.run(
        ["sh", "jobs.sh"], check=False, env=around | {"ACCOUNT": "2"}, capture_output=True,
        text=True,
    )  # fmt: skip
    assert other.returncode == 1
    assert "not of account 111122223333" in other.stderr
    assert not Path("calls").exists()
    subprocess.run(["sh", "jobs.sh"], check=True, env=around | {"ACCOUNT": "111122223333"})
    made = [line for line in Path("calls").read_text().splitlines() if "create-comp" in line]
    for region in ("us-east-1", "eu-west-1"):
        assert sum(f"--region {region}" in line for line in made) == len(declared())


def test_what_cannot_be_one_script_or_is_for_another_region_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_two_regions()
    Path("third.yaml").write_text(SPEC.replace("us-east-1\n", "us-east-1\naccount: '2'\n", 1)
                                  .replace("'2'", "'222222222222'"))  # fmt: skip
    assert run(["export", ".", "--to", "cli"]) == 1
    assert "accounts 111122223333, 222222222222" in capsys.readouterr().err
    for form in ("cli", "cdk"):
        assert run(["export", "west.yaml", "--to", form, "--region", "us-west-2", *VPC]) == 1
        assert "is for eu-west-1" in capsys.readouterr().err


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
