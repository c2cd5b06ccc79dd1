"""Models packed into archives: the same content has the same name, everywhere and always."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from neo_constructs.vocabulary.packing import PackingError, pack_model


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_a_file_becomes_an_archive_with_the_file_at_its_top(tmp_path: Path) -> None:
    write(tmp_path, {"net.onnx": b"weights"})
    packed = pack_model(tmp_path / "net.onnx", tmp_path / "out")
    with tarfile.open(packed.path) as archive:
        assert archive.getnames() == ["net.onnx"]
        member = archive.extractfile("net.onnx")
        assert member is not None
        assert member.read() == b"weights"
    assert packed.stem == "net"


def test_a_folder_becomes_an_archive_of_its_files(tmp_path: Path) -> None:
    model = write(tmp_path / "saved.model", {"saved_model.pb": b"g", "variables/v.data": b"w"})
    packed = pack_model(model, tmp_path / "out")
    with tarfile.open(packed.path) as archive:
        assert archive.getnames() == ["saved_model.pb", "variables/v.data"]
    assert packed.stem == "saved"


def test_the_archive_does_not_depend_on_times_or_permissions(tmp_path: Path) -> None:
    path = write(tmp_path, {"net.onnx": b"weights"}) / "net.onnx"
    first = pack_model(path, tmp_path / "one")
    os.utime(path, (1, 1))
    path.chmod(0o600)
    second = pack_model(path, tmp_path / "two")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.content_hash == second.content_hash


@pytest.mark.parametrize(
    "other",
    [
        {"a.json": b"1", "b.params": b"3"},
        {"a.json": b"1", "c.params": b"2"},
        {"a.json": b"1", "b.params": b"2", "c": b""},
        {"a.json": b"1b", ".params": b"2"},
    ],
)
def test_another_name_or_content_is_another_model(tmp_path: Path, other: dict[str, bytes]) -> None:
    base = write(tmp_path / "base", {"a.json": b"1", "b.params": b"2"})
    changed = write(tmp_path / "changed", other)
    out = tmp_path / "out"
    assert pack_model(base, out).content_hash != pack_model(changed, out).content_hash


@pytest.mark.parametrize("name", ["net.tar.gz", "net.tgz", "NET.TAR.GZ"])
def test_an_archive_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: b"an archive"})
    packed = pack_model(tmp_path / name, tmp_path / "out")
    assert packed.path.read_bytes() == b"an archive"
    assert packed.path.name.endswith(".tar.gz")
    assert packed.stem.lower() == "net"


def test_an_archive_that_is_there_already_is_not_made_again(tmp_path: Path) -> None:
    path = write(tmp_path, {"net.onnx": b"weights"}) / "net.onnx"
    first = pack_model(path, tmp_path / "out")
    first.path.write_bytes(b"left alone")
    assert pack_model(path, tmp_path / "out").path.read_bytes() == b"left alone"


def test_a_name_that_s3_would_escape_is_made_plain(tmp_path: Path) -> None:
    write(tmp_path, {"größe v2 (final).onnx": b"w", "..onnx": b"w"})
    assert pack_model(tmp_path / "größe v2 (final).onnx", tmp_path).stem == "gr-e-v2-final"
    assert pack_model(tmp_path / "..onnx", tmp_path).stem == "model"


def test_what_is_no_model_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(PackingError, match=r"nowhere: No such file"):
        pack_model(tmp_path / "nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackingError, match=r"empty: the folder holds no file"):
        pack_model(tmp_path / "empty", tmp_path)
    linked = write(tmp_path / "linked", {"net.onnx": b"w"})
    (linked / "escape").symlink_to("/etc/passwd")
    with pytest.raises(PackingError, match=r"escape is a symbolic link"):
        pack_model(linked, tmp_path)
