"""``neoctl plan --changed-since``: what is declared otherwise than at a Git revision."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, actions, write_spec
from tests.unit.specs.fleets import FLEET

IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")


def git(*words: str) -> None:
    subprocess.run(["git", *IDENTITY, *words], check=True, capture_output=True)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return neoctl in a folder of a Git repository with one commit."""
    folder = tmp_path / "specs"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_spec()
    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "first")
    return Terminal()


def changed(terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, str]:
    """Return what is planned about the jobs that changed since the commit, by logical name."""
    words = words or ("fleet.yaml",)
    assert terminal.run("plan", *words, "--changed-since", "main", "--format", "json") == 0
    found = actions(capsys.readouterr().out)
    return {name: each["action"] for name, each in found.items()}


def test_a_touched_file_that_declares_the_same_changes_nothing(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(f"# a comment\n{FLEET.replace('224, 224', '224,  224')}")
    assert changed(terminal, capsys) == {}
    assert changed(terminal, capsys, ".") == {}


def test_only_what_is_declared_otherwise_is_planned(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5, LINUX/ARM64, ml_m5]"))
    assert changed(terminal, capsys) == {"resnet18/ml_m5": "create"}
    write_spec(FLEET.replace("NeoRole", "OtherRole"))
    assert set(changed(terminal, capsys)) == {"resnet18/ml_c5", "resnet18/LINUX_ARM64"}


def test_it_needs_no_credentials(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    write_spec(FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5, LINUX/ARM64, ml_m5]"))
    assert changed(terminal, capsys, "fleet.yaml", "--offline") == {"resnet18/ml_m5": "unknown"}
    assert terminal.operations() == []


def test_a_file_that_was_not_there_is_new_as_a_whole(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(FLEET.replace("resnet18:", "other:"), "new.yaml")
    assert changed(terminal, capsys, "new.yaml") == {
        "other/ml_c5": "create", "other/LINUX_ARM64": "create",
    }  # fmt: skip
    assert changed(terminal, capsys, ".") == changed(terminal, capsys, "new.yaml")


def test_pruning_ends_only_what_was_removed_since(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    create(terminal.sagemaker, FLEET)
    create(terminal.sagemaker, FLEET.replace("resnet18:", "unknown:"))
    terminal.let_all_end()
    write_spec(FLEET.replace("[ml_c5, LINUX/ARM64]", "[ml_c5]"))
    assert changed(terminal, capsys, "fleet.yaml", "--prune") == {"resnet18/LINUX_ARM64": "delete"}


def test_a_variable_files_values_are_those_of_the_revision(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(FLEET.replace("role/NeoRole", "role/${var.role}") + "variables: {role: {}}\n")
    write_spec("role: NeoRole\n", "vars.yaml")
    git("add", ".")
    git("commit", "-m", "second")
    words = ("fleet.yaml", "--var-file", "vars.yaml")
    assert changed(terminal, capsys, *words) == {}
    write_spec("role: OtherRole\n", "vars.yaml")
    assert len(changed(terminal, capsys, *words)) == 2


@pytest.mark.parametrize("revision", ["nowhere", "--help", "", "main:specs"])
def test_an_unknown_revision_is_an_error(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], revision: str
) -> None:
    assert terminal.run("plan", "fleet.yaml", f"--changed-since={revision}") == 1
    assert f"--changed-since: unknown revision {revision!r}" in capsys.readouterr().err
    assert terminal.operations() == []


def test_specs_that_were_not_valid_then_are_an_error(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec("apiVersion: 7")
    git("commit", "-am", "broken")
    write_spec()
    assert terminal.run("plan", "fleet.yaml", "--changed-since", "main") == 1
    assert "the specs were not valid then" in capsys.readouterr().err


def test_outside_of_git_it_is_an_error(
    terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "fleet.yaml").write_text(FLEET)
    assert terminal.run("plan", str(tmp_path / "fleet.yaml"), "--changed-since", "main") == 1
    assert "git" in capsys.readouterr().err
    assert terminal.run("plan", "-", "--changed-since", "main") == 1
    assert json.loads("[]") == terminal.operations()
