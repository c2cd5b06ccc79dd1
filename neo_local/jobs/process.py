"""A job's own process: started in a group of its own with an empty environment, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from neo_local.jobs.control import Control

_POLL_SECONDS = 0.1
# Not resolved, and last on the path: the folder may be a link that holds nothing but this package,
# into an environment whose numpy or onnx must not come before the compiler's own.
_ROOT = Path(__file__).absolute().parents[2]
_START = (
    "import sys; sys.path.append(sys.argv[1]); from pathlib import Path; "
    "from neo_local.compiler.worker import main; main(Path(sys.argv[2]))"
)
# Single threads keep the memory that libraries reserve, and the CPU a job takes, small.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TVM_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class JobProcess:
    """How a job's process is run.

    Attributes:
        python: An interpreter that has TVM, onnx and ziglang.
        code: What it runs; its arguments are the source tree and the job's folder.
        grace_seconds: From SIGTERM to SIGKILL.
    """

    python: str = sys.executable
    code: str = _START
    grace_seconds: float = 5.0

    def run(self, folder: Path, log: Path, control: Control) -> int:
        """Run the compiler on `folder` until it ends; its exit status, negative for a signal.

        Raises what `control.check` raises, after the process group has been ended.
        """
        command = [self.python, "-I", "-B", "-c", self.code, str(_ROOT), str(folder)]
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # never written to: its end tells that we are gone
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
                _end_group(process, self.grace_seconds)


def _wait(process: subprocess.Popen[bytes], control: Control) -> int:
    while True:
        control.check()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL_SECONDS)


def _end_group(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """End the process and whatever it started. The group outlives its leader, so always ask."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
