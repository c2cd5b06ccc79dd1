"""What runs artifacts of another processor, and what is said where nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo_local.rehearsal.emulator import CannotEmulate, Machine, find_emulator


def on_the_path(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Have these programs alone on the PATH."""
    for name in names:
        (folder / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("machine", "names", "found"),
    [
        (Machine("aarch64"), ("qemu-aarch64-static",), "qemu-aarch64-static"),
        (Machine("arm", "hard"), ("qemu-arm",), "qemu-arm"),
        (Machine("arm", "soft"), ("qemu-arm", "qemu-arm-static"), "qemu-arm"),
    ],
)
def test_an_emulator_is_found_under_either_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: Machine,
    names: tuple[str, ...],
    found: str,
) -> None:
    on_the_path(tmp_path, monkeypatch, *names)
    assert find_emulator(machine) == tmp_path / found


def test_a_missing_emulator_is_named_with_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_path(tmp_path, monkeypatch, "qemu-arm")
    with pytest.raises(CannotEmulate) as raised:
        find_emulator(Machine("aarch64"))
    assert "qemu-aarch64 is not on the PATH" in str(raised.value)
    assert "qemu-user-static" in str(raised.value)


def test_other_processors_are_not_emulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_path(tmp_path, monkeypatch, "qemu-ppc64")
    with pytest.raises(CannotEmulate, match=r"compiled for ppc64, .* which is not emulated here"):
        find_emulator(Machine("ppc64"))


def test_the_float_abi_is_part_of_what_the_command_line_names() -> None:
    assert Machine.read("arm-hard") == Machine("arm", "hard")
    assert Machine.read("x86_64") == Machine("x86_64")
