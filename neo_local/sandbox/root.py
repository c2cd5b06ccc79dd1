"""The file system that a sandboxed job sees, built in memory from pieces of the real one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from neo_local.sandbox import kernel

_REMOUNT = 0x20
# Mounted over while the root is built; it is on every Linux, and nothing in it is needed.
_SITE = Path("/sys")
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_SIZE = "size=1m,nr_inodes=4096,mode=755"
_CLOSED = kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES


def enter_root(packages: Path, folder: Path, shown: Iterable[Path] = ()) -> None:
    """Make a root with nothing in it but what a job needs, and enter it.

    Args:
        packages: A folder with our own packages, or links to them.
        folder: The job's own, the only one that it can write.
        shown: More folders that it can read.
    """
    kernel.make_private()
    kernel.mount("tmpfs", _SITE, "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, _SIZE)
    for path in _without_nested((*_readable(packages), *shown)):
        _show(path, _CLOSED)
    for device in map(Path, _DEVICES):
        _show(device, kernel.NO_SUID | kernel.NO_EXEC)
    _show(folder, kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_EXEC)
    _show_processes()
    _close_root()
    kernel.change_root(_SITE)


def _readable(packages: Path) -> Iterable[Path]:
    yield from map(Path, _SYSTEM)
    yield packages / "neo_local"
    for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix):
        yield Path(prefix)
        yield Path(prefix).resolve()


def _without_nested(paths: Iterable[Path]) -> list[Path]:
    """Return those that are there, outer folders first, without what lies in another of them."""
    found: list[Path] = []
    for path in sorted({path for path in paths if path.exists()}, key=lambda path: len(path.parts)):
        if not any(path.is_relative_to(outer) for outer in found):
            found.append(path)
    return found


def _show(path: Path, attributes: int) -> None:
    target = _SITE / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    kernel.bind(path.resolve(), target, attributes)


def _show_processes() -> None:
    """Show the sandbox's own processes; some containers do not allow it, and it can be missed.

    Of /proc nothing else, and nothing to write: the kernel's settings in /proc/sys ask who the
    writer is outside, and that may be root.
    """
    target = _SITE / "proc"
    target.mkdir()
    try:
        kernel.mount("proc", target, "proc", _CLOSED | kernel.NO_EXEC, "subset=pid")
    except OSError as problem:
        sys.stderr.write(f"no /proc in the sandbox: {problem}\n")


def _close_root() -> None:
    kernel.mount("tmpfs", _SITE, "tmpfs", _REMOUNT | _CLOSED, _SIZE)
