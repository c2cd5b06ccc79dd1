"""What a job's process may use. Set by the process itself, before it reads anything hostile."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

_MEGABYTE = 1 << 20


def confine(limits: Mapping[str, int]) -> None:
    """Lower the hard limits for good: memory, CPU seconds, file size, processes, core dumps."""
    wanted = {
        resource.RLIMIT_AS: limits["memory_mb"] * _MEGABYTE,
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_FSIZE: limits["file_mb"] * _MEGABYTE,
        resource.RLIMIT_NPROC: _tasks_of_user() + limits["processes"],
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        _lower(kind, value)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (allowed, allowed))
    except (ValueError, OSError) as problem:  # some systems cannot bound memory
        sys.stderr.write(f"limit {kind} not set: {problem}\n")


def _tasks_of_user() -> int:
    """RLIMIT_NPROC counts every thread of the user, so what is there already comes on top."""
    count, me = 0, os.getuid()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == me:
                count += len(list((folder / "task").iterdir()))
        except OSError:  # it ended meanwhile
            continue
    return count


def die_with_parent() -> None:
    """End the whole process group when the parent's end of our standard input closes."""

    def watch() -> None:
        while os.read(0, 1):  # unbuffered: a buffer's lock would block the interpreter's end
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
