"""`neoctl inspect` as a user meets it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from tests.unit.inspection.archives import MODELS, pack, pack_model

SPEC = """\
apiVersion: neo-as-code/v1
owner: vision
defaults:
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  S3OutputLocation: s3://example-bucket/out/
targets: [ml_c5, LINUX/ARM64]
models:
  good:
    S3Uri: s3://example-bucket/other.tar.gz
    Framework: ONNX
    DataInputConfig: {data_0: [1, 3, 224, 224]}
  bad:
    S3Uri: s3://example-bucket/model.tar.gz
    Framework: ONNX
    DataInputConfig:
      data_0: [1, 224, 224, 3]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.tar.gz").write_bytes(pack_model("light_squeezenet.onnx"))
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["inspect", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(told(capsys, *arguments, "--format", "json")[1])


def test_people_are_told_inputs_and_the_data_input_config(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = told(capsys, "model.tar.gz")
    assert code == 0
    assert err == ""
    for words in (
        "light_squeezenet.onnx: ONNX (Framework: ONNX)",
        "opset 9",
        "data_0  float32  [1, 3, 224, 224]  NCHW",
        "Conv 26",
        'DataInputConfig: {"data_0": [1, 3, 224, 224]}',
        "No problems found.",
    ):
        assert words in out


def test_what_is_open_is_told_with_what_is_usual(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "d.tar.gz").write_bytes(pack_model("dynamic.onnx"))
    _, out, _ = told(capsys, "d.tar.gz")
    assert "image  float32  [batch, 3, height, width]  NCHW" in out
    assert "to fill in: image, dimension 0 (batch); 1 is usual" in out
    assert "to fill in: image, dimension 2 (height); 224 is usual" in out


def test_programs_get_a_stable_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "d.tar.gz").write_bytes(pack_model("newer_opset.onnx"))
    found = document(capsys, "d.tar.gz")
    assert list(found) == [
        "format_version",
        "summary",
        "archive",
        "framework",
        "model",
        "other_models",
        "data_input_config",
        "jobs_checked",
        "findings",
    ]
    assert found["format_version"] == 1
    assert found["summary"] == {"errors": 0, "warnings": 1, "infos": 0}
    assert found["archive"]["members"] == [
        {"path": "newer_opset.onnx", "kind": "file", "size": 368}
    ]
    assert found["framework"] == "ONNX"
    assert found["model"]["inputs"] == [
        {
            "name": "image",
            "shape": ["batch", 3, "height", "width"],
            "dtype": "float32",
            "layout": "NCHW",
            "optional": False,
            "example": False,
        }
    ]
    assert found["data_input_config"]["inputs"] == {"image": [None, 3, None, None]}
    assert found["data_input_config"]["fill_in"][0] == {
        "input": "image",
        "axis": 0,
        "meaning": "batch",
        "usual": 1,
    }
    assert found["findings"][0]["code"] == "NEO831"
    assert set(found["findings"][0]) == {
        "code", "rule", "severity", "message", "hint", "got", "allowed", "file", "line", "column",
        "path", "job",
    }  # fmt: skip


def test_the_exit_code_tells_errors_and_with_strict_warnings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "warned.tar.gz").write_bytes(pack_model("newer_opset.onnx"))
    (folder / "broken.tar.gz").write_bytes(pack_model("state_dict.pth"))
    assert told(capsys, "warned.tar.gz")[0] == 0
    assert told(capsys, "warned.tar.gz", "--strict")[0] == 1
    assert told(capsys, "warned.tar.gz", "--strict", "--ignore", "neo831")[0] == 0
    assert told(capsys, "broken.tar.gz")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.tar.gz"],
        ["."],
        [],
        ["model.tar.gz", "--format", "xml"],
        ["model.tar.gz", "--spec", "missing.yaml"],
        ["model.tar.gz", "--spec", "spec.yaml", "--job", "nobody"],
        ["model.tar.gz", "--spec", "broken.yaml"],
        ["s3://"],
        ["model.tar.gz", "--max-gib", "0"],
    ],
)
def test_what_cannot_run_ends_with_2_and_says_why(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (folder / "broken.yaml").write_text("apiVersion: neo-as-code/v1\nownr: x\nmodels: {}\n")
    code, out, err = told(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert "Error" in err


def test_a_spec_s_jobs_for_this_archive_are_checked_at_their_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = told(capsys, "model.tar.gz", "--spec", "spec.yaml")
    assert code == 1
    assert "error[NEO866 wrong-axis-order] data_0 has its channels last" in out
    assert "--> spec.yaml:16:15  in bad/ml_c5 and 1 more" in out
    assert "      data_0: [1, 224, 224, 3]" in out
    assert "[1, 3, 224, 224] (NCHW)" in out
    assert "Found 1 error in 2 jobs (1 file)." in out


def test_jobs_can_be_chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "model.tar.gz", "--spec", "spec.yaml", "--job", "good")
    assert found["jobs_checked"] == ["good/ml_c5", "good/LINUX_ARM64"]
    assert found["findings"] == []
    one = document(capsys, "model.tar.gz", "--spec", "spec.yaml", "--job", "bad/ml_c5")
    assert [(item["line"], item["column"], item["job"]) for item in one["findings"]] == [
        (16, 15, "bad/ml_c5")
    ]


def test_a_raw_request_is_checked_at_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = {
        "CompilationJobName": "one",
        "RoleArn": "arn:aws:iam::111122223333:role/NeoRole",
        "InputConfig": {
            "S3Uri": "s3://b/model.tar.gz",
            "Framework": "PYTORCH",
            "DataInputConfig": '{"x": [1, 3, 224, 224]}',
        },
        "OutputConfig": {"S3OutputLocation": "s3://b/out/", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
    }
    (folder / "request.json").write_text(json.dumps(request, indent=1))
    found = document(capsys, "model.tar.gz", "--spec", "request.json")
    assert [(item["code"], item["line"]) for item in found["findings"]] == [("NEO861", 6)]


def test_a_suppressed_finding_is_not_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = SPEC.replace("[1, 224, 224, 3]", "[1, 224, 224, 3]  # neoctl: ignore NEO866 because x")
    (folder / "spec.yaml").write_text(lines)
    assert told(capsys, "model.tar.gz", "--spec", "spec.yaml")[0] == 0


def test_standard_input_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Input:
        buffer = io.BytesIO((folder / "model.tar.gz").read_bytes())

    monkeypatch.setattr(sys, "stdin", Input())
    assert "light_squeezenet.onnx" in told(capsys, "-")[1]


def test_a_bomb_can_be_let_in_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "big.tar.gz").write_bytes(pack({"a.bin": bytes(3_000_000)}))
    assert "NEO803" in told(capsys, "big.tar.gz", "--max-gib", "0.001")[1]
    assert "NEO803" not in told(capsys, "big.tar.gz", "--max-gib", "1")[1]


def test_colour_follows_the_environment(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "w.tar.gz").write_bytes(pack_model("newer_opset.onnx"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in told(capsys, "w.tar.gz")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in told(capsys, "w.tar.gz")[1]


def test_looking_into_a_file_imports_no_aws_client_and_no_library_of_a_framework() -> None:
    code = (
        "import sys; from reconciler.cli.main import run; run(['inspect', sys.argv[1]]);"
        "print(sorted(name for name in ('boto3', 'botocore', 'numpy', 'onnx', 'h5py', 'pydantic',"
        " 'google.protobuf', 'flatbuffers') if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(MODELS / "dynamic.onnx")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_is_suppressed_for_inspect_is_no_idle_suppression_for_validate(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = SPEC + "    suppress: [{code: NEO866, reason: known}]\n"
    (folder / "spec.yaml").write_text(fleet.replace("[1, 224, 224, 3]", "[1, 9, 224, 220]"))
    code = run(["validate", "--strict", "spec.yaml"])
    assert code == 0, capsys.readouterr().out
    (folder / "spec.yaml").write_text(fleet)
    assert told(capsys, "model.tar.gz", "--spec", "spec.yaml")[0] == 0
