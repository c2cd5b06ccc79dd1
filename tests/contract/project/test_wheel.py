"""What a user of pip gets: all of the three packages, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.paths import ROOT

PACKAGES = ("neo_constructs", "neo_local", "reconciler")


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of the wheel, built without a network from a copy of the sources."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", str(out), str(source)], check=True
    )
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def sources() -> set[str]:
    """Every file of the packages but what is written for readers of the sources."""
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
    assert {Path(name).parts[0] for name in foreign} == {"neo_as_code-0.1.0.dist-info"}


def test_the_licence_is_carried(carried: set[str]) -> None:
    assert "neo_as_code-0.1.0.dist-info/licenses/LICENSE" in carried
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
