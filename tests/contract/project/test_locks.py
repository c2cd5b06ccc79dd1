"""Lock files match their requirements and hold no registry addresses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts import lock
from tests.paths import ROOT

FILES = [item.path for item in lock.LOCKS]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that the check reads, to be spoiled."""
    for name in ("pyproject.toml", "package.json", "package-lock.json", *FILES):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target)
    return tmp_path


def test_lock_files_fit_their_sources() -> None:
    assert lock.stale() == []


def test_a_changed_requirement_makes_only_its_lock_stale(checkout: Path) -> None:
    path = checkout / "pyproject.toml"
    path.write_text(path.read_text().replace('"hypercorn"', '"hypercorn>=0.17"'))
    assert [line.split()[0] for line in lock.stale(checkout)] == ["requirements/local.txt"]


def test_a_changed_group_makes_the_locks_that_include_it_stale(checkout: Path) -> None:
    path = checkout / "pyproject.toml"
    path.write_text(path.read_text().replace('"pytest>=9"', '"pytest>=10"'))
    found = [line.split()[0] for line in lock.stale(checkout)]
    assert found == ["requirements/dev.txt", "requirements/unit.txt"]


def test_a_changed_cli_version_makes_the_node_lock_stale(checkout: Path) -> None:
    (checkout / "package.json").write_text('{"devDependencies": {"aws-cdk": "2.0.0"}}')
    assert "package-lock.json is out of date" in lock.stale(checkout)[0]


def test_a_missing_lock_says_how_it_is_made(checkout: Path) -> None:
    (checkout / FILES[0]).unlink()
    assert lock.stale(checkout) == [f"{FILES[0]} is missing. Run `make lock`."]


@pytest.mark.parametrize("name", [*FILES, "requirements/pip.txt"])
def test_a_lock_for_pip_names_hashes_and_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--hash=sha256:" in text


def test_the_lock_for_npm_names_hashes_and_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert packages
    assert all("integrity" in item and "resolved" not in item for item in packages.values())


def test_the_cdk_cli_is_one_that_reads_our_assemblies() -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert tuple(int(part) for part in pinned.split(".")[:2]) >= (2, 1147)
    assert pinned.startswith("2.")


@pytest.mark.parametrize(
    ("carried", "lock_file"),
    [
        ("requirements.txt", "local.txt"),
        ("requirements-pytorch.txt", "pytorch.txt"),
        ("requirements-tensorflow.txt", "tensorflow.txt"),
    ],
)
def test_the_locks_of_the_embedded_aws_are_carried_by_its_package(
    carried: str, lock_file: str
) -> None:
    content = (ROOT / "neo_local" / carried).read_bytes()
    assert content == (ROOT / "requirements" / lock_file).read_bytes()


@pytest.mark.parametrize("name", ["scripts/bootstrap.py", "reconciler/cli/local_environment.py"])
def test_locks_are_installed_from_wheels_whose_hashes_are_known(name: str) -> None:
    """A source distribution would run code of its own."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if '"-r", str(' in line]
    assert lines
    for line in lines:
        assert '"--require-hashes", "--only-binary", ":all:"' in line
