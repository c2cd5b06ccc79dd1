"""Packing a model into the one .tar.gz that Neo takes: reproducibly, without Docker or network.

The same files give the same hash on every machine: names, sizes and bytes are hashed, never
times, owners or the compressor's output (which differs between versions of zlib).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

ARCHIVE_SUFFIXES: Final = (".tar.gz", ".tgz")
_HASH_LENGTH: Final = 32  # hexadecimal characters: 128 bits
_MAX_STEM: Final = 60
_BLOCK: Final = 1 << 20


class PackingError(ValueError):
    """A path cannot be packed as a model: missing, empty, or not made of regular files."""


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A model's archive, ready to upload.

    Attributes:
        path: The .tar.gz.
        stem: The model's name, of characters that are safe in an S3 key; Neo names the compiled
            artifact after the archive.
        content_hash: 32 hexadecimal characters that change with the model alone.
    """

    path: Path
    stem: str
    content_hash: str


def pack_model(source: Path, folder: Path) -> PackedModel:
    """Pack a file or folder into ``folder``, unless its archive is there already.

    A .tar.gz is taken as it is; of any other file, and of all files of a folder, an archive is
    made with the files at its top. Raises PackingError.
    """
    try:
        mode = source.stat().st_mode
    except OSError as error:
        raise PackingError(f"model {source}: {error.strerror or error}") from error
    is_archive = stat.S_ISREG(mode) and source.name.lower().endswith(ARCHIVE_SUFFIXES)
    members = [(source.name, source)] if stat.S_ISREG(mode) else list(_files(source))
    if not members:
        raise PackingError(f"model {source}: the folder holds no file")
    content_hash = _content_hash(members, "archive" if is_archive else "files")
    stem = _stem(source.name)
    path = folder / f"neo-model.{content_hash}.tar.gz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, members, is_archive)
    return PackedModel(path, stem, content_hash)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*"), key=lambda found: found.relative_to(folder).as_posix()):
        if path.is_symlink():
            raise PackingError(
                f"model {folder}: {path.relative_to(folder)} is a symbolic link; "
                "Neo's archive holds plain files only, so put the file itself there"
            )
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _content_hash(members: list[tuple[str, Path]], kind: str) -> str:
    hasher = hashlib.sha256(f"neo-model-1\0{kind}\0".encode())
    for name, path in members:
        named = "" if kind == "archive" else name
        hasher.update(f"{named}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                hasher.update(block)
    return hasher.hexdigest()[:_HASH_LENGTH]


def _stem(name: str) -> str:
    lowered = name.lower()
    for suffix in ARCHIVE_SUFFIXES:
        if lowered.endswith(suffix):
            name = name[: -len(suffix)]
            break
    else:
        name = name.rpartition(".")[0] or name
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:_MAX_STEM] or "model"


def _write(path: Path, members: list[tuple[str, Path]], is_archive: bool) -> None:
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".neo-model-")
    try:
        with os.fdopen(handle, "wb") as raw:
            if is_archive:
                with members[0][1].open("rb") as source:
                    shutil.copyfileobj(source, raw, _BLOCK)
            else:
                _write_archive(raw, members)
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _write_archive(raw: IO[bytes], members: list[tuple[str, Path]]) -> None:
    # Weights hardly compress: the fastest level is within a few per cent of the best.
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name, path in members:
            info = tarfile.TarInfo(name)
            info.size = path.stat().st_size
            info.mode = 0o644
            with path.open("rb") as stream:
                archive.addfile(info, stream)
