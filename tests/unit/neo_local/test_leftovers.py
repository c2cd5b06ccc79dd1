"""What a hostile process leaves in its folder: neither followed, nor waited for, nor kept."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from neo_local.jobs.compilation import _derived_inputs
from neo_local.jobs.leftovers import (
    MAX_ANSWER_BYTES,
    BadAnswer,
    is_file,
    printable,
    read_answer,
    remove_tree,
    workspace,
)
from neo_local.jobs.outcome import JobFailed

DEPTH = 3_000  # beyond Python's recursion, the descriptors of a process and the longest path


def test_an_answer_is_read(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"a": 1}')
    assert read_answer(tmp_path / "result.json") == {"a": 1}


def linked(path: Path) -> None:
    """A link to a file of the user's, which would end up in FailureReason."""
    users = path.with_name("users.json")
    users.write_text('{"failure": "a secret of the user"}')
    path.symlink_to(users)


@pytest.mark.parametrize(
    "leave",
    [
        linked,
        os.mkfifo,
        Path.mkdir,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_text("[1]"),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.write_text(json.dumps({"failure": "x" * MAX_ANSWER_BYTES})),
        lambda path: None,
    ],
    ids=["link", "fifo", "folder", "device", "depth", "list", "bytes", "size", "nothing"],
)
def test_what_is_no_answer_is_refused_at_once(
    leave: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "result.json"
    leave(path)
    with pytest.raises(BadAnswer):
        read_answer(path)
    with pytest.raises(JobFailed, match="the compiler's process ended early: exit status 3"):
        _derived_inputs(path, 3)


def test_a_pipe_that_holds_an_answer_is_none(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    os.mkfifo(path)
    held = os.open(path, os.O_RDWR)
    os.write(held, b'{"derived_inputs": "{}"}')
    with pytest.raises(BadAnswer):
        read_answer(path)
    os.close(held)


def test_an_answer_without_its_fields_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(JobFailed, match="ended early"):
        _derived_inputs(tmp_path / "result.json", 0)


@pytest.mark.parametrize("number", [signal.SIGSEGV, 40])
def test_any_signal_is_named(tmp_path: Path, number: int) -> None:
    with pytest.raises(JobFailed, match=r"Segmentation fault|[Rr]eal-time signal"):
        _derived_inputs(tmp_path / "result.json", -number)


def test_a_link_is_no_artifact(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("x")
    (tmp_path / "artifact").symlink_to("model")
    assert is_file(tmp_path / "model")
    assert not is_file(tmp_path / "artifact")
    assert not is_file(tmp_path / "missing")


def test_a_folder_is_removed_however_deep(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("kept")
    with workspace(tmp_path) as folder:
        (folder / "link").symlink_to(tmp_path)
        os.mkfifo(folder / "pipe")
        (folder / "closed" / "inner").mkdir(parents=True)
        (folder / "closed" / "inner").chmod(0)
        (folder / "closed").chmod(0)
        here = os.open(folder, os.O_RDONLY)
        for _ in range(DEPTH):
            os.mkdir("deeper", dir_fd=here)
            inner = os.open("deeper", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(here)
    assert not folder.exists()
    assert users.read_text() == "kept"


def test_removing_what_is_gone_or_a_link_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to("kept")
    remove_tree(tmp_path / "link")
    remove_tree(tmp_path / "gone")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "link"]


def test_a_reason_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[2J\u00e9\nb\x9b\u202e") == "a [2J\u00e9 b  "
