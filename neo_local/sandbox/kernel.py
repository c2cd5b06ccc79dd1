"""Linux system calls that Python does not have, by way of the C library."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from pathlib import Path

from neo_local.sandbox import seccomp

_NEW_NAMESPACES = (
    0x00020000  # mounts
    | 0x02000000  # control groups
    | 0x04000000  # host name
    | 0x08000000  # System V memory and queues
    | 0x10000000  # users
    | 0x20000000  # processes
    | 0x40000000  # network
)
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC = 0x1, 0x2, 0x4, 0x8  # MOUNT_ATTR_*; MS_* have the same
_AT_FDCWD, _AT_RECURSIVE, _MNT_DETACH = -100, 0x8000, 2
_SYS_MOUNT_SETATTR = 442  # of every architecture
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("user_namespace", ctypes.c_uint64),
    )


def enter_namespaces(inside: int) -> None:
    """Move this process, which must have one thread, into new namespaces.

    It is user and group `inside` within them, and who it was before outside. Raises OSError.
    """
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", _NEW_NAMESPACES)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1")
    with contextlib.suppress(OSError):  # read-only in some containers
        Path("/proc/sys/user/max_user_namespaces").write_text("0")


def mount(source: str, target: Path, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system. Raises OSError."""
    _call("mount", source.encode(), bytes(target), kind.encode(), flags, options.encode())


def bind(source: Path, target: Path, attributes: int) -> None:
    """Make a file or folder appear at another place, with all that is mounted below it."""
    _call("mount", bytes(source), bytes(target), None, MS_BIND | MS_REC, None)
    set_attributes(target, attributes)


def set_attributes(target: Path, attributes: int) -> None:
    """Add attributes to a mount and to those below it. Raises OSError before Linux 5.12."""
    change = _MountAttributes(set=attributes)
    _call(
        "syscall",
        *(_SYS_MOUNT_SETATTR, _AT_FDCWD, bytes(target), _AT_RECURSIVE),
        *(ctypes.byref(change), ctypes.c_size_t(ctypes.sizeof(change))),
    )


def make_private() -> None:
    """Have no mount of this namespace appear in another."""
    _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)


def change_root(root: Path) -> None:
    """Make a mounted folder the root, and lose sight of what was mounted before."""
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", _MNT_DETACH)
    os.chdir("/")


def drop_rights() -> None:
    """Give up every capability, for good: no program that is run gives any back."""
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def filter_calls(program: seccomp.Program) -> None:
    """Have the kernel refuse system calls, of this process and all that it starts."""
    _call("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def end_first_without_memory() -> None:
    """Be ended before any other process, with all that this one starts, if memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _call(name: str, *arguments: object) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        raise OSError(f"{name}: not on this system")
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
