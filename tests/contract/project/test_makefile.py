"""The Makefile, and the installation on machines that lack something."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import bootstrap
from tests.contract.project.makefile import targets
from tests.paths import ROOT


def make(path: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make with a PATH of its own."""
    program = shutil.which("make")
    assert program is not None
    env = {"PATH": path, "HOME": os.environ.get("HOME", "/")}
    return subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, env=env)


def tools(folder: Path, **pythons: str) -> str:
    """Return a PATH with a shell's tools and the Pythons given, each a script."""
    for name in ("sh", "dirname", "env"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, script in pythons.items():
        program = folder / name.replace("_", ".")
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return str(folder)


def test_a_machine_without_a_fitting_python_is_told_what_is_missing(tmp_path: Path) -> None:
    ran = make(tools(tmp_path, python3="exit 1"), "python")
    assert ran.returncode != 0
    assert "Python 3.11 or newer is needed" in ran.stdout


def test_a_newer_python_is_found_behind_an_old_python3(tmp_path: Path) -> None:
    ran = make(tools(tmp_path, python3="exit 1", python3_12="exit 0"), "-n", "setup")
    assert ran.returncode == 0, ran.stderr
    assert f"{tmp_path}/python3.12 scripts/bootstrap.py" in ran.stdout


def test_help_lists_every_target() -> None:
    shown = make(os.environ["PATH"], "help").stdout
    assert [each for each in targets() - {"help", "python"} if f"make {each} " not in shown] == []


def test_selected_tests_run_without_lint_before_and_a_coverage_floor_after() -> None:
    everything = make(os.environ["PATH"], "-n", "test").stdout
    selected = make(os.environ["PATH"], "-n", "test", "PYTEST=tests/unit/core -k identity").stdout
    for step in ("ruff", "mypy", "coverage_floor"):
        assert step in everything
        assert step not in selected
    assert "pytest" in selected
    assert "tests/unit/core -k identity" in selected


def test_unit_tests_run_without_the_cdk_the_embedded_aws_and_lint() -> None:
    planned = make(os.environ["PATH"], "-n", "unit").stdout
    installed, ran = [line for line in planned.splitlines() if "test -n" not in line][-2:]
    assert installed.split()[-1] in ("unit", "dev")
    assert "not embedded" in ran


def test_an_environment_linked_from_another_checkout_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    (tmp_path / "theirs").mkdir()
    (tmp_path / ".venv").symlink_to("theirs")
    bootstrap.install(".venv", tmp_path / "no-lock.txt", "", project=True)
    assert list((tmp_path / "theirs").iterdir()) == []


def test_every_part_that_the_makefile_or_a_message_names_can_be_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed: list[str] = []
    monkeypatch.setattr(bootstrap, "install", lambda name, *_, **__: installed.append(name))
    monkeypatch.setattr(bootstrap, "install_node_modules", lambda: installed.append("node_modules"))
    wanted = re.findall(r"@\$\(SETUP\) (.+)", (ROOT / "Makefile").read_text())
    parts = {part for line in wanted for part in line.split() if part.isalpha()}
    assert {"awscli", "checkov", "node"} <= parts <= {*bootstrap.PARTS}
    for part in bootstrap.PARTS:
        bootstrap.make(part)
    assert len(installed) == len(bootstrap.PARTS)


def test_a_part_is_fresh_only_for_the_sources_it_was_made_from(tmp_path: Path) -> None:
    lock, stamp = tmp_path / "lock.txt", tmp_path / "stamp"
    lock.write_text("a==1")
    stamp.write_text(bootstrap.fingerprint(lock))
    assert bootstrap.fresh(stamp, bootstrap.fingerprint(lock))
    lock.write_text("a==2")
    assert not bootstrap.fresh(stamp, bootstrap.fingerprint(lock))


def test_a_failing_step_shows_what_it_said() -> None:
    with pytest.raises(bootstrap.SetupError, match=r"(?s)trying failed with exit code 3.*oh no"):
        bootstrap.run("trying", ["sh", "-c", "echo oh no; exit 3"])


WITHOUT_ENSUREPIP = """\
case "$*" in
  "-m venv --without-pip "*) exec {real} "$@" ;;
  "-m venv "*) echo "ensurepip is not available" >&2; exit 1 ;;
  "-m pip --python "*" --require-hashes "*) exec "$4" -m ensurepip ;;
esac
exit 9
"""


def test_a_python_whose_ensurepip_was_split_off_is_served_by_its_own_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, python=WITHOUT_ENSUREPIP.format(real=sys.executable))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert bootstrap.works(bootstrap.make_environment(tmp_path / "made"))


def test_a_python_that_can_make_no_environment_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, python="exit 1")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(bootstrap.SetupError, match="python3-venv"):
        bootstrap.make_environment(tmp_path / "made")
    assert not (tmp_path / "made").exists()
