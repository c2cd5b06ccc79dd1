"""What a user of pip gets: all of the three packages, and nothing else; it works where it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reconciler.core.contract import JOB_RESOURCE
from reconciler.core.version import VERSION
from tests.contract.project.installed import Installed, borrow_dependencies, environment
from tests.paths import ROOT

PACKAGES = ("neo_constructs", "neo_local", "reconciler")
INFO = f"neo_as_code-{VERSION}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from a copy of the sources."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", str(out), str(source)], check=True
    )
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def carried(wheel: Path) -> set[str]:
    """The files of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment that shares nothing with this checkout but dependencies."""
    env = environment(tmp_path_factory.mktemp("user"), Path(sys.executable).resolve())
    borrow_dependencies(env)
    env.run("python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    return env


def sources() -> set[str]:
    """Return every file of the packages but what is written for readers of the sources."""
    return {
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
    }


def test_every_file_of_the_packages_is_carried(carried: set[str]) -> None:
    assert sources() - carried == set()


def test_nothing_but_the_packages_is_carried(carried: set[str]) -> None:
    foreign = {name for name in carried if not name.startswith(PACKAGES)}
    assert {Path(name).parts[0] for name in foreign} == {INFO}


def test_the_licence_is_carried(carried: set[str]) -> None:
    assert f"{INFO}/licenses/LICENSE" in carried
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_neoctl_works_outside_the_checkout(installed: Installed) -> None:
    assert installed.run("neoctl", "--version") == f"neoctl {VERSION}\n"
    assert "No problems found" in installed.run("neoctl", "validate", "examples/specs/small.yaml")
    assert "NEO410" in installed.run("neoctl", "explain", "NEO410")


def test_an_example_synthesizes_outside_the_checkout(installed: Installed) -> None:
    where = installed.run("python", "-c", "import neo_constructs as n; print(n.__file__)")
    assert Path(where.strip()).is_relative_to(installed.bin.parent)
    assert JOB_RESOURCE in installed.synthesize(Path("01_smallest.py"))
