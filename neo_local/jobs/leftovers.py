"""What a job's process leaves in its folder, taken for the work of somebody hostile.

Links, named pipes and devices are not followed, and folders as deep as the system can make them
are removed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

MAX_ANSWER_BYTES: Final = 1 << 20
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LIST: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class BadAnswer(Exception):
    """A process has left no answer, or none that can be read."""


def read_answer(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises BadAnswer."""
    try:
        with open(path, "rb", opener=lambda name, _: os.open(name, _READ)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadAnswer(f"{path.name} is not a file")
            answer = json.loads(file.read(MAX_ANSWER_BYTES + 1))
    except (OSError, ValueError, RecursionError) as problem:
        raise BadAnswer(f"{path.name}: {problem}") from problem
    if not isinstance(answer, dict):
        raise BadAnswer(f"{path.name} holds no JSON object")
    return answer


def is_file(path: Path) -> bool:
    """Return whether there is a file, which no link leads to."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


@contextmanager
def workspace(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder for one process, and remove it with all that is left there.

    Args:
        parent: Where it is made. Default: with the system's temporary files.
    """
    folder = Path(tempfile.mkdtemp(dir=parent)).resolve()  # mode 0700
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder, or as much of it as can be removed, whatever is in it.

    Folders within folders are moved up before they are removed, so depth costs neither stack, nor
    descriptors, nor long paths.
    """
    with contextlib.suppress(OSError):
        top = os.open(folder, _LIST)
        try:
            _empty(top)
        finally:
            os.close(top)
        folder.rmdir()


def _empty(top: int) -> None:
    prefix = secrets.token_hex(8)  # names that nobody can have taken
    names = (f"{prefix}-{number}" for number in itertools.count())
    while folders := _files_removed(top):
        for name in folders:
            inner = _opened(name, top)
            try:
                for deeper in _files_removed(inner):
                    os.close(_opened(deeper, inner))  # one without permissions cannot be moved
                    os.rename(deeper, next(names), src_dir_fd=inner, dst_dir_fd=top)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _files_removed(folder: int) -> list[str]:
    """Remove what is no folder; return the names of the folders."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in found if is_folder]


def _opened(name: str, parent: int) -> int:
    """Open a folder, with all permissions for us."""
    if os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode & stat.S_IRWXU != stat.S_IRWXU:
        os.chmod(name, stat.S_IRWXU, dir_fd=parent)
    return os.open(name, _LIST, dir_fd=parent)


def printable(text: str) -> str:
    """Return what a job's process says, without characters that steer a terminal."""
    return "".join(one if one.isprintable() else " " for one in text)
