"""``neoctl verify``: files and jobs, what they are compared with, and how it is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.fakes.sagemaker import Job
from tests.unit.cli.planned import Terminal
from tests.unit.inspection.archives import MODELS, pack
from tests.unit.verification.artifacts import dlr_files, relay_files

SPEC = """\
apiVersion: neo-as-code/v1
owner: vision
defaults:
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  S3OutputLocation: s3://example-models/compiled/
targets:
  gateway: {TargetDevice: ml_c5, device: {glibc: 2.17, runtime: dlr-1.10}}
  board: {TargetDevice: rasp3b}
models:
  classifier:
    S3Uri: s3://example-models/classifier.tar.gz
    Framework: ONNX
    DataInputConfig: {image: [1, 3, 8, 8]}
"""
GOOD = pack(relay_files())


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(SPEC)
    Path("good.tar.gz").write_bytes(GOOD)
    return Terminal()


def compiled(terminal: Terminal, content: bytes, name: str = "by-hand") -> Job:
    request = {
        "CompilationJobName": name, "RoleArn": "arn:aws:iam::111122223333:role/r",
        "InputConfig": {
            "S3Uri": "s3://models/m.tar.gz", "Framework": "ONNX",
            "DataInputConfig": '{"image": [1, 3, 8, 8]}',
        },
        "OutputConfig": {"S3OutputLocation": "s3://b/out/", "TargetDevice": "ml_c5"},
    }  # fmt: skip
    job = terminal.sagemaker.add_job(request)
    terminal.sagemaker.contents[job.artifact] = terminal.objects[job.artifact] = content
    terminal.let_all_end()
    return job


def out(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_good_file_is_described_and_has_no_findings(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("verify", "good.tar.gz", "--target", "ml_c5") == 0
    assert out(capsys) == (
        f"good.tar.gz ({len(GOOD):,} bytes)\n"
        "  target    ml_c5\n"
        "  library   compiled.so: 64-bit x86_64\n"
        "  needs     libm.so.6, libc.so.6\n"
        "  versions  GLIBC_2.2.5, GLIBC_2.27\n"
        "  input     image float32[1, 3, 8, 8]\n"
        "  output    scores float32[1, 2]\n"
        "\n"
        "No problems found in 1 artifact.\n"
    )
    assert terminal.operations() == []  # no account is asked for a file


def test_a_file_for_another_target_is_an_error(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("verify", "good.tar.gz", "--target", "rasp3b") == 1
    told = out(capsys)
    assert "error[NEO905 wrong-architecture] compiled.so cannot be loaded on rasp3b" in told
    assert " --> good.tar.gz\n" in told
    assert terminal.run("verify", "good.tar.gz", "--target", "rasp3b", "--ignore", "NEO905") == 0


def test_a_finding_about_the_device_points_into_the_spec(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("verify", "good.tar.gz", "--spec", "fleet.yaml", "--job", "classifier/gateway")
    assert terminal.run(*words) == 1
    told = out(capsys)
    assert "error[NEO908 device-library-too-old] compiled.so needs GLIBC_2.27" in told
    assert "--> fleet.yaml:7:50" in told
    assert terminal.run(*words, "--device", "glibc=2.31") == 0


def test_a_job_is_described_and_its_artifact_read(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = compiled(terminal, GOOD)
    assert terminal.run("verify", "by-hand") == 0
    told = out(capsys)
    assert told.startswith("by-hand (")
    assert f"object    {job.artifact}" in told
    terminal.objects[job.artifact] = pack(dlr_files())
    assert terminal.run("verify", "by-hand") == 1
    assert "NEO901" in out(capsys)


def test_a_declared_job_is_found_by_its_logical_name(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run("apply", "fleet.yaml", "--auto-approve", "--no-wait") == 0
    terminal.let_all_end()
    for job in terminal.sagemaker.jobs:
        terminal.sagemaker.contents[job.artifact] = terminal.objects[job.artifact] = GOOD
    capsys.readouterr()
    assert terminal.run("verify", "--spec", "fleet.yaml", "classifier/board") == 1
    assert "NEO905" in out(capsys)
    assert terminal.run("verify", "--spec", "fleet.yaml", "classifier/gateway") == 1
    told = out(capsys)
    assert "NEO908" in told
    assert "NEO905" not in told


def test_a_model_that_was_passed_through_is_told_by_its_bytes(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    model = pack({"model.onnx": (MODELS / "dynamic.onnx").read_bytes()})
    compiled(terminal, model)
    terminal.objects["s3://models/m.tar.gz"] = model
    assert terminal.run("verify", "by-hand") == 1
    assert "NEO902 uncompiled-artifact] model.onnx is the input model, byte for byte" in out(capsys)


def test_json_has_the_facts_and_the_findings(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("verify", "good.tar.gz", "--target", "rasp3b", "--format", "json")
    assert terminal.run(*words) == 1
    report: Any = json.loads(out(capsys))
    assert report["format_version"] == 1
    assert report["summary"] == {"errors": 1, "warnings": 0, "infos": 0, "artifacts": 1}
    (artifact,) = report["artifacts"]
    assert artifact["libraries"][0]["needed"] == ["libm.so.6", "libc.so.6"]
    assert artifact["inputs"] == [{"name": "image", "dtype": "float32", "shape": [1, 3, 8, 8]}]
    assert report["findings"][0]["code"] == "NEO905"


def test_junit_and_markdown_name_each_artifact(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad|name.tar.gz").write_bytes(pack({"readme": b""}))
    words = ("verify", "good.tar.gz", "bad|name.tar.gz", "--target", "ml_c5", "--format")
    assert terminal.run(*words, "junit") == 1
    suites = ElementTree.fromstring(out(capsys))
    assert suites.attrib == {"name": "neoctl verify", "tests": "2", "failures": "1"}
    assert terminal.run(*words, "markdown") == 1
    told = out(capsys)
    assert told.startswith("### 2 artifacts: 1 error\n")
    assert "| **error** NEO902 | bad\\|name.tar.gz | there is no compiled library" in told
    assert told.endswith("- good.tar.gz: no findings\n")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["missing.tar.gz"], "missing.tar.gz: No such file or directory"),
        (["no-such-job"], "no-such-job: no such compilation job, and no file of this name"),
        (["good.tar.gz", "--target", "ml_c55"], "--target ml_c55: write a device"),
        (["good.tar.gz", "--device", "glbc=2"], "--device glbc=2: write KEY=VALUE"),
        (
            ["good.tar.gz", "--spec", "fleet.yaml"],
            "say which job the file is compared with: --job NAME; there are classifier/gateway, "
            "classifier/board",
        ),
    ],
)
def test_what_cannot_be_verified_is_said_and_exits_with_2(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    assert terminal.run("verify", *words) == 2
    assert reason in capsys.readouterr().err


def test_a_job_that_has_not_completed_has_no_artifact(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    request = {
        "CompilationJobName": "live", "RoleArn": "arn:aws:iam::111122223333:role/r",
        "OutputConfig": {"S3OutputLocation": "s3://b/out/", "TargetDevice": "ml_c5"},
    }  # fmt: skip
    terminal.sagemaker.add_job(request)
    assert terminal.run("verify", "live") == 2
    assert "only COMPLETED jobs have artifacts" in capsys.readouterr().err


def test_provenance_beside_a_file_says_what_it_is_compared_with(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = compiled(terminal, GOOD)
    assert terminal.run("artifacts", "by-hand", "--download", ".", "--provenance") == 0
    assert terminal.run("verify", "by-hand.tar.gz") == 0
    said = out(capsys)
    assert f"job       {job.arn}" in said
    assert "target    ml_c5" in said
    assert "source    s3://models/m.tar.gz" in said
    Path("by-hand.tar.gz").write_bytes(pack({**relay_files(), "more": b"x"}))
    assert terminal.run("verify", "by-hand.tar.gz") == 1
    assert "error[NEO918 provenance-mismatch]" in out(capsys)


def test_what_is_beside_a_file_and_no_statement_is_an_error(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("good.intoto.json").write_text('{"_type": "x"}')
    assert terminal.run("verify", "good.tar.gz", "--target", "ml_c5") == 2
    assert "good.intoto.json: it is not an in-toto statement" in capsys.readouterr().err
