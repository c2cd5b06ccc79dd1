"""Unpacking a model archive that may be hostile."""

from __future__ import annotations

import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from neo_local.compiler.failure import CompileFailure, input_configuration

_BROKEN = "Unable to untar input model. Please confirm the model is a tar.gz file"
_MAX_DEPTH = 32
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold."""

    max_bytes: int
    max_members: int = 10_000


def unpack(archive: Path, into: Path, limits: ArchiveLimits) -> list[Path]:
    """Write the archive's regular files below `into`; their paths, hidden files left out.

    Links, devices, absolute paths, ``..`` and bombs are refused. Raises CompileFailure.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            files = _unpack_members(tar, into, limits)
    except CompileFailure:
        raise
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, RecursionError) as problem:
        raise input_configuration(_BROKEN) from problem
    return [path for path in files if not path.name.startswith(".")]


def _unpack_members(tar: tarfile.TarFile, into: Path, limits: ArchiveLimits) -> list[Path]:
    files: dict[Path, None] = {}
    left = limits.max_bytes
    for count, member in enumerate(tar, 1):
        if count > limits.max_members:
            raise _refused(f"it has more than {limits.max_members} members")
        path = into / _safe_name(member.name)
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif member.isreg():
            path.parent.mkdir(parents=True, exist_ok=True)
            left -= _write(_content(tar, member), path, left)
            files[path] = None
        else:
            raise _refused(f"member {member.name!r} is a link or a device")
    return list(files)


def _safe_name(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise _refused(f"member {name!r} leads out of the archive")
    if len(path.parts) > _MAX_DEPTH:
        raise _refused(f"member {name[:80]!r} is nested deeper than {_MAX_DEPTH}")
    return path


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise _refused(f"member {member.name!r} has no content")
    return content


def _write(content: IO[bytes], path: Path, left: int) -> int:
    written = 0
    with path.open("wb") as file:
        while chunk := content.read(_CHUNK):
            written += len(chunk)
            if written > left:
                raise _refused("it unpacks to more than the local engine takes")
            file.write(chunk)
    return written


def _refused(why: str) -> CompileFailure:
    return input_configuration(f"{_BROKEN}: {why}")
