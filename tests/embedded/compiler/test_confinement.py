"""What a job's process can do, and that nothing of it is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobStopped, JobTimedOut
from neo_local.jobs.process import JobProcess
from tests.paths import ROOT

LIMITS = {"memory_mb": 512, "cpu_seconds": 1, "file_mb": 1, "processes": 4, "archive_mb": 1}
LIMIT = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from neo_local.compiler.limits import confine, die_with_parent
confine({LIMITS!r})
"""


def limited(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python within the limits, and without a sandbox."""
    command = [sys.executable, "-I", "-c", LIMIT + code]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_memory_is_bounded() -> None:
    done = limited("try: bytearray(1 << 30)\nexcept MemoryError: print('bounded')")
    assert done.stdout == "bounded\n"


def test_cpu_time_is_bounded() -> None:
    assert limited("while True: pass").returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_file_size_is_bounded(tmp_path: Path) -> None:
    code = f"try: open({str(tmp_path / 'f')!r}, 'wb').write(bytes(2 << 20))\n"
    assert limited(code + "except OSError: print('bounded')").stdout == "bounded\n"
    assert (tmp_path / "f").stat().st_size <= 1 << 20


def test_limits_cannot_be_raised_again() -> None:
    code = (
        "import resource\n"
        "for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):\n"
        "    soft, hard = resource.getrlimit(kind)\n"
        "    assert soft == hard != resource.RLIM_INFINITY\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    assert limited(code).stdout == "(0, 0)\n"


def test_the_process_has_an_empty_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    code = (
        "import json, os; own = dict(os.environ); own.pop('LC_CTYPE', 0)\n"
        "print(json.dumps([own, os.getcwd()]))"
    )
    log = tmp_path / "log"
    assert JobProcess(code=code).run(tmp_path, log, Control(30)) == 0
    environment, folder = json.loads(log.read_text())
    threads = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TVM_NUM_THREADS"}
    assert set(environment) == threads | {"HOME"}
    assert environment["HOME"] == folder == str(tmp_path)


def test_a_worker_that_ignores_sigterm_is_killed_with_its_children(
    tmp_path: Path,
) -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "time.sleep(60)"
    )
    log = tmp_path / "log"
    with pytest.raises(JobTimedOut):
        JobProcess(code=code, sandboxed=False, grace_seconds=0.3).run(tmp_path, log, Control(0.7))
    child = int(log.read_text())
    assert _ends(child)


def test_children_that_a_worker_leaves_behind_are_ended(tmp_path: Path) -> None:
    code = (
        "import os, time\nchild = os.fork()\nif child: print(child, flush=True)\n"
        "else: time.sleep(60)"
    )
    log = tmp_path / "log"
    assert JobProcess(code=code, sandboxed=False).run(tmp_path, log, Control(30)) == 0
    assert _ends(int(log.read_text()))


def test_a_stopped_control_starts_nothing_that_lasts(tmp_path: Path) -> None:
    control = Control(30)
    control.stop()
    began = time.monotonic()
    with pytest.raises(JobStopped):
        JobProcess(code="import time; time.sleep(60)").run(tmp_path, tmp_path / "log", control)
    assert time.monotonic() - began < 50  # what it started would last 60


def test_a_worker_dies_with_the_process_that_started_it() -> None:
    code = (
        "import os, subprocess, sys\n"
        f"inner = {LIMIT!r} + 'die_with_parent()\\nimport time; time.sleep(60)'\n"
        "child = subprocess.Popen([sys.executable, '-I', '-c', inner], stdin=subprocess.PIPE,"
        " start_new_session=True)\n"
        "print(child.pid, flush=True); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert _ends(int(done.stdout))


def _ends(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False
