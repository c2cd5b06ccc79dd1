"""Run a job's program in the sandbox: the program of the process that the endpoint starts.

Three processes, since a process enters a new process namespace only with its first child:

    outer   the endpoint's child; waits, and ends as the job ends
    first   the namespace's first process: builds the root, collects orphans; the kernel ends
            every process of the namespace with it
    job     runs the program, with no rights left
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from neo_local.sandbox import kernel, seccomp
from neo_local.sandbox.root import enter_root

_INSIDE_USER = 1000
_SIGNALLED = 128  # exit statuses from here on stand for signals, as a shell's do
_FAILED = 127  # nothing hostile has run: the sandbox could not be entered


def main(packages: str, folder: str, code: str, *shown: str) -> NoReturn:
    """Run `code` in the sandbox, with the arguments `packages` and `folder`; end as it ends.

    It can read the folders `shown`, too.
    """
    kernel.end_first_without_memory()
    try:
        kernel.enter_namespaces(_INSIDE_USER)
        kernel.die_with_parent()
    except OSError as problem:
        _give_up(problem)
    _end_like(_in_child(lambda: _first(packages, folder, code, shown)))


def _first(packages: str, folder: str, code: str, shown: Sequence[str]) -> NoReturn:
    kernel.die_with_parent()
    enter_root(Path(packages), Path(folder), [Path(one) for one in shown])
    kernel.drop_rights()
    kernel.filter_calls(seccomp.program())
    status = _in_child(lambda: _run(packages, folder, code))
    os._exit(status if status >= 0 else _SIGNALLED - status)


def _run(packages: str, folder: str, code: str) -> NoReturn:
    os.chdir(folder)
    command = [sys.executable, "-I", "-B", "-c", code, packages, folder]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def _in_child(run: Callable[[], NoReturn]) -> int:
    """Run in a child; return its exit status, negative for a signal, once it has ended."""
    child = os.fork()
    if child == 0:
        try:
            run()
        except OSError as problem:
            _give_up(problem)
    while True:
        ended, status = os.wait()
        if ended == child:
            return os.waitstatus_to_exitcode(status)


def _give_up(problem: OSError) -> NoReturn:
    sys.stderr.write(f"{problem.strerror or problem}\n")
    sys.stderr.flush()
    os._exit(_FAILED)


def _end_like(status: int) -> NoReturn:
    """End as the job did, by the same signal if it was one."""
    if status > _SIGNALLED:
        number = status - _SIGNALLED
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(status if status >= 0 else _FAILED)
