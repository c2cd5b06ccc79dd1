"""Optional environments: where they are looked for, and when they are installed."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from neo_local.compiler.failure import CompileFailure
from neo_local.compiler.options import parse_shapes_in_order
from neo_local.environments import NEEDED, Environments, shown_for
from reconciler.cli import local_environment
from tests.paths import ROOT


def made(folder: Path, name: str) -> Path:
    environment = folder / name
    environment.mkdir(parents=True)
    (environment / ".made-from").write_text("a lock")
    return environment


def test_an_environment_is_found_in_a_checkout_or_a_data_folder(tmp_path: Path) -> None:
    checkout, data = tmp_path / "checkout", tmp_path / "data"
    environments = Environments((data, checkout))
    assert environments.of("PYTORCH") is None
    in_checkout = made(checkout, ".venv-pytorch")
    assert environments.of("PYTORCH") == in_checkout
    in_data = made(data, "venv-pytorch")
    assert environments.of("PYTORCH") == in_data
    assert environments.of("ONNX") is None


def test_an_interrupted_installation_is_not_an_environment(tmp_path: Path) -> None:
    environment = made(tmp_path, "venv-pytorch")
    (environment / ".made-from").unlink()
    assert Environments((tmp_path,)).of("PYTORCH") is None


def test_a_sandbox_is_shown_an_environment_and_its_python(tmp_path: Path) -> None:
    environment = made(tmp_path / "real", "venv-pytorch")
    (environment / "bin").mkdir()
    (tmp_path / "python" / "bin").mkdir(parents=True)
    (tmp_path / "python" / "bin" / "python3").touch()
    (environment / "bin" / "python").symlink_to(tmp_path / "python" / "bin" / "python3")
    link = tmp_path / "venv-pytorch"
    link.symlink_to(environment)
    assert shown_for(link) == (link, environment, tmp_path / "python")


def test_every_environment_can_be_installed_and_has_its_lock() -> None:
    assert set(local_environment.OPTIONAL) == set(NEEDED.values())
    for name in local_environment.OPTIONAL:
        assert (ROOT / "neo_local" / f"requirements-{name}.txt").is_file()


def test_an_environment_is_installed_once_for_each_lock(tmp_path: Path) -> None:
    package, data = tmp_path / "package" / "neo_local", tmp_path / "data"
    package.mkdir(parents=True)
    lock = package / "requirements-pytorch.txt"
    lock.write_text("")
    made_from: list[str] = []

    def make(environment: Path, lock: Path) -> None:
        environment.mkdir(parents=True, exist_ok=True)
        made_from.append(lock.read_text())
        if lock.read_text() == "broken":
            raise click.ClickException("this failed")

    def install() -> None:
        local_environment.install_optional("pytorch", package, data, make)

    install()
    install()
    assert made_from == [""]
    lock.write_text("broken")
    for _ in range(2):
        with pytest.raises(click.ClickException, match="this failed"):
            install()
    assert made_from == ["", "broken", "broken"]
    assert Environments((data,)).of("PYTORCH") is None


def test_a_checkout_brings_its_own(tmp_path: Path) -> None:
    package = tmp_path / "neo_local"
    made(tmp_path, ".venv-pytorch")
    local_environment.install_optional("pytorch", package, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_the_shapes_of_inputs_without_names_are_a_list() -> None:
    assert parse_shapes_in_order("[[1, 3], [4]]") == {"input0": [1, 3], "input1": [4]}
    assert parse_shapes_in_order("{'b': [1], 'a': [2]}") == {"b": [1], "a": [2]}
    with pytest.raises(CompileFailure, match="Input input1 has wrong shape"):
        parse_shapes_in_order("[[1, 3], 4]")
    with pytest.raises(CompileFailure, match="Cannot load DataInputConfig"):
        parse_shapes_in_order("[[1, 3]")
