"""A job's own process: started in a group of its own with an empty environment, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from neo_local.jobs.control import Control

GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.1
_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; "
    "from neo_local.compiler.worker import main; main(Path(sys.argv[2]))"
)
# Single threads keep the memory that libraries reserve, and the CPU a job takes, small.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TVM_NUM_THREADS": "1"}


def run_worker(python: str, folder: Path, log: Path, control: Control) -> int:
    """Run the compiler on `folder` until it ends; its exit status, negative for a signal.

    Raises what `control.check` raises, after the process group has been ended: SIGTERM first,
    SIGKILL after five seconds.
    """
    command = [python, "-I", "-B", "-c", _START, str(_ROOT), str(folder)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # never written to: its end tells the worker that we are gone
            stdout=output,
            stderr=output,
            cwd=folder,
            env=_ENVIRONMENT,
            start_new_session=True,
        ) as process,
    ):
        try:
            return _wait(process, control)
        finally:
            _end_group(process)


def _wait(process: subprocess.Popen[bytes], control: Control) -> int:
    while True:
        control.check()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL_SECONDS)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started. The group outlives its leader, so always ask."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
