"""A job's own process: started in the sandbox with an empty environment, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neo_local.jobs.control import Control

_POLL_SECONDS = 0.1
_PROBE_SECONDS = 60.0
# Not resolved, and last on the path: the folder may be a link that holds nothing but this package,
# into an environment whose numpy or onnx must not come before the compiler's own.
_ROOT = Path(__file__).absolute().parents[2]
_LAUNCH = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from neo_local.sandbox.launch import main; main(*sys.argv[1:])"
)
_COMPILE = (
    "import sys; sys.path.append(sys.argv[1]); from pathlib import Path; "
    "from neo_local.worker.main import main; main(Path(sys.argv[2]))"
)
# Single threads keep the memory that libraries reserve, and the CPU a job takes, small.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TVM_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class JobProcess:
    """How a job's process is run.

    Attributes:
        python: An interpreter that has TVM, onnx and ziglang.
        code: What it runs; its arguments are the source tree and the job's folder.
        sandboxed: Whether it runs in the sandbox, and fails where there can be none.
        grace_seconds: From SIGTERM to SIGKILL.
    """

    python: str = sys.executable
    code: str = _COMPILE
    sandboxed: bool = True
    grace_seconds: float = 5.0

    def run(self, folder: Path, log: Path, control: Control, shown: Sequence[Path] = ()) -> int:
        """Run the compiler on `folder` until it ends; its exit status, negative for a signal.

        In the sandbox it can read the folders `shown`, too.

        Raises what `control.check` raises, after the process group has been ended.
        """
        with (
            log.open("wb") as output,
            subprocess.Popen(
                self._command(folder, shown),
                stdin=subprocess.PIPE,  # never written to: it closes when we end
                stdout=output,
                stderr=output,
                cwd=folder,
                env=_ENVIRONMENT | {"HOME": str(folder)},
                start_new_session=True,
            ) as process,
        ):
            try:
                return _wait(process, control)
            finally:
                _end_group(process, self.grace_seconds)

    def _command(self, folder: Path, shown: Sequence[Path]) -> list[str]:
        python = [self.python, "-I", "-B", "-c"]
        if self.sandboxed:
            return [*python, _LAUNCH, str(_ROOT), str(folder), self.code, *map(str, shown)]
        return [*python, self.code, str(_ROOT), str(folder)]


def why_no_sandbox() -> str:
    """Return why jobs cannot run in the sandbox on this system, or an empty string."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        status = JobProcess(code="pass").run(Path(folder), log, Control(_PROBE_SECONDS))
        return "" if status == 0 else log.read_text().strip() or f"exit status {status}"


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
