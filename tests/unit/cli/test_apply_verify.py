"""``neoctl apply --verify``: what was compiled is read before success is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.planned import Terminal
from tests.unit.cli.test_verify import GOOD, SPEC
from tests.unit.inspection.archives import MODELS, pack

PASSED_THROUGH = pack({"classifier.onnx": (MODELS / "dynamic.onnx").read_bytes()})
APPLY = ("apply", "fleet.yaml", "--auto-approve", "--exclude", "classifier/board")


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    Path("fleet.yaml").write_text(SPEC)
    terminal = Terminal()
    terminal.objects["s3://example-models/classifier.tar.gz"] = PASSED_THROUGH
    return terminal


def compiles_to(terminal: Terminal, content: bytes) -> None:
    """Have every job leave these bytes."""

    def leave() -> None:
        for job in terminal.sagemaker.jobs:
            terminal.sagemaker.contents[job.artifact] = terminal.objects[job.artifact] = content

    terminal.meanwhile = leave


def test_what_is_in_order_is_said(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    compiles_to(terminal, GOOD)
    assert terminal.run(*APPLY, "--verify", "fail") == 0
    assert "No problems found in 1 artifact." in capsys.readouterr().out


@pytest.mark.parametrize(("mode", "code"), [("fail", 1), ("warn", 0), ("off", 0)])
def test_an_artifact_that_is_not_what_was_ordered_fails_the_apply_if_asked_to(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], mode: str, code: int
) -> None:
    compiles_to(terminal, PASSED_THROUGH)
    assert terminal.run(*APPLY, "--verify", mode) == code
    out = capsys.readouterr().out
    assert ("error[NEO902 uncompiled-artifact]" in out) is (mode != "off")
    assert "1 compiled, 0 running, 0 failed." in out


def test_an_artifact_that_cannot_be_read_is_not_taken_for_a_good_one(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run(*APPLY, "--verify", "fail") == 1
    assert "not verified: vision-classifier-gateway-" in capsys.readouterr().out


def test_only_what_this_apply_was_about_is_read(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compiles_to(terminal, PASSED_THROUGH)
    assert terminal.run(*APPLY) == 0
    compiles_to(terminal, GOOD)
    assert terminal.run("apply", "fleet.yaml", "--auto-approve", "--verify", "fail") == 1
    out = capsys.readouterr().out
    assert "classifier-board" in out  # for another processor than GOOD
    assert "Found 1 error" in out


def test_what_is_not_waited_for_cannot_be_verified(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run(*APPLY, "--verify", "warn", "--no-wait") != 0
    assert "--verify reads what has been compiled" in capsys.readouterr().err
    assert terminal.sagemaker.accepted() == []
