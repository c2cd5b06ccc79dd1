"""Process trees: started so that they cannot outlive us, found, and ended to the last child."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from neo_local.supervisor.settings import INSTANCE

PROC = Path("/proc")
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
POLL_SECONDS = 0.05


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans (Linux), so that none is lost."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _bound_to(parent: int) -> Callable[[], None]:
    """Return what a child does before it runs its program: die with its parent, take signals."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def spawn(command: list[str], env: dict[str, str], log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a server in a process group of its own, its output appended to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_bound_to(os.getpid()),
        )


def _table() -> dict[int, int]:
    """Return the parent of every process of the machine."""
    if PROC.joinpath("self", "stat").exists():
        return {pid: ppid for pid in _pids() if (ppid := _parent(pid)) is not None}
    listed = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    rows = (line.split() for line in listed.stdout.splitlines())
    return {int(row[0]): int(row[1]) for row in rows if len(row) == 2}


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int | None:
    """Return the parent of a live process; None for a zombie or one that is gone."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[1])


def is_alive(pid: int) -> bool:
    """Return whether a process lives; a zombie does not."""
    if PROC.joinpath("self", "stat").exists():
        return _parent(pid) is not None
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def descendants(roots: Iterable[int]) -> set[int]:
    """Return some processes and those below them, as far as they live."""
    table = _table()
    found = {pid for pid in roots if pid in table}
    while True:
        more = {pid for pid, ppid in table.items() if ppid in found} - found
        if not more:
            return found
        found |= more


def marked(data: Path) -> set[int]:
    """Return the live processes whose environment names this data folder (Linux)."""
    if not PROC.joinpath("self", "environ").exists():
        return set()
    mark = f"{INSTANCE}={data}".encode()
    found = set()
    for pid in _pids():
        with contextlib.suppress(OSError):
            if mark in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                found.add(pid)
    return {pid for pid in found if _parent(pid) is not None} - {os.getpid()}


def end(find: Callable[[], set[int]], grace_seconds: float) -> None:
    """End processes: SIGTERM, and SIGKILL for those that are left after the grace period.

    `find` is asked again and again, so that children which appear meanwhile are ended as well.
    """
    asked: set[int] = set()
    deadline = time.monotonic() + grace_seconds
    while (alive := find()) and time.monotonic() < deadline:
        for pid in alive - asked:
            send(pid, signal.SIGTERM)
        asked |= alive
        time.sleep(POLL_SECONDS)
    while alive := find():
        for pid in alive:
            send(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that has ended already is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def reap(own: Iterable[subprocess.Popen[bytes]]) -> None:
    """Collect every child that has ended: our own by their handles, adopted orphans by id."""
    mine = {process.pid: process for process in own}
    if not hasattr(os, "waitid"):  # macOS before Python 3.13: no orphans are adopted there
        for process in mine.values():
            process.poll()
        return
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None:
            return
        if ended.si_pid in mine:
            mine[ended.si_pid].wait()
        else:
            os.waitpid(ended.si_pid, 0)
