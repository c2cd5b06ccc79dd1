"""``neoctl verify --run``: artifacts run in the sandbox beside their models' own runtimes."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run
from tests.embedded.optional import needs_emulator
from tests.unit.inspection.archives import MODELS, pack
from tests.unit.neo_local.compiling import LINUX_X86_64, Bench

pytestmark = pytest.mark.compiles
MODEL = MODELS / "xgboost_1_3_3.json"


def files_of(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = {name: tar.extractfile(name) for name in tar.getnames()}
        return {name: member.read() for name, member in members.items() if member}


@pytest.fixture
def folder(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, its artifact for this machine, and one for another."""
    monkeypatch.chdir(tmp_path)
    model = pack({"model.json": MODEL.read_bytes()})
    (tmp_path / "model.tar.gz").write_bytes(model)
    outputs: dict[str, Any] = {"here": LINUX_X86_64, "board": {"TargetDevice": "rasp3b"}}
    for name, output in outputs.items():
        made = bench.compile(model, {"Framework": "XGBOOST"}, output)
        (tmp_path / f"{name}.tar.gz").write_bytes(made.content)
    return tmp_path


def verified(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    command = ["verify", *words, "--run", "--model", "model.tar.gz", "--format", "json"]
    code = run(command)
    return code, json.loads(capsys.readouterr().out)


def test_an_artifact_is_run_and_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = verified(capsys, "here.tar.gz", "--ignore", "NEO913")
    (here,) = (artifact["run"] for artifact in report["artifacts"])
    assert here["outputs"][0]["difference"] == 0.0
    assert here["outputs"][0]["largest"] > 0.0
    assert here["emulator"] == ""
    assert report["findings"] == []
    assert code == 0


def test_without_an_emulator_it_is_said_what_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    code, report = verified(capsys, "board.tar.gz", "--ignore", "NEO913")
    assert report["artifacts"][0]["run"]["outputs"] == []
    assert [one["code"] for one in report["findings"]] == ["NEO916"]
    assert code == 0
    assert "it is compiled for arm, this machine is" in report["findings"][0]["message"], report[
        "findings"
    ]
    assert "qemu-arm is not on the PATH" in report["findings"][0]["message"]


@needs_emulator("arm")
def test_an_artifact_of_another_architecture_is_emulated(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = verified(capsys, "board.tar.gz", "--ignore", "NEO913")
    board = report["artifacts"][0]["run"]
    assert board["emulator"] == "qemu-arm"
    assert board["outputs"][0]["difference"] == 0.0
    assert board["outputs"][0]["largest"] > 0.0
    assert board["seconds"] > 0.0
    assert (code, report["findings"]) == (0, [])


def test_other_answers_are_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = pack({"model.json": (MODELS / "xgboost_3_2_0.json").read_bytes()})
    (folder / "model.tar.gz").write_bytes(other)  # of as many features, and other trees
    code, report = verified(capsys, "here.tar.gz", "--ignore", "NEO913")
    assert [one["code"] for one in report["findings"]] == ["NEO915"]
    assert code == 1
    assert verified(capsys, "here.tar.gz", "--tolerance", "1")[0] == 0


def test_what_cannot_be_run_is_said_with_its_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = files_of((folder / "here.tar.gz").read_bytes())
    whole = files["compiled.so"]
    for change, reason in (
        ({"compiled.so": whole[: len(whole) // 2]}, "no library in it that could be read"),
        ({"manifest/compiled.meta": b"{}"}, "is not an artifact of the local engine"),
    ):
        (folder / "broken.tar.gz").write_bytes(pack(files | change))
        _, report = verified(capsys, "broken.tar.gz")
        told = [one["message"] for one in report["findings"] if one["code"] == "NEO916"]
        assert len(told) == 1
        assert reason in told[0]
