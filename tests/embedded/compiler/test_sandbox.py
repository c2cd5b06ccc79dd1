"""What hostile code reaches that has taken over a job's process: its own folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobTimedOut
from neo_local.jobs.process import JobProcess, why_no_sandbox
from neo_local.supervisor import processes
from tests.embedded.aws import LOCAL_PYTHON
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or bool(why_no_sandbox()), reason="this system has no sandbox"
)
TELL = """
import os, socket, sys
from pathlib import Path
from typing import Any
def tell(attempt):
    try:
        print("reached", attempt())
    except BaseException as problem:
        print(type(problem).__name__)
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job's folder in a data folder, beside what is none of the job's business."""
    data = tmp_path / "data"
    folder = data / "neo" / "work" / "job"
    folder.mkdir(parents=True)
    (data / "secret").write_text("the secret")
    (data / "neo" / "jobs.sqlite3").write_text("the jobs")
    (data / "neo" / "work" / "another").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials").write_text("AKIA")
    return folder


def run(folder: Path, code: str) -> list[str]:
    """Run hostile code as a job's program; return the lines that it printed."""
    log = folder.parent / "log"
    status = JobProcess(code=TELL + code).run(folder, log, Control(60))
    lines = log.read_text().splitlines()
    assert status == 0, lines
    return lines


def test_it_writes_its_own_folder(job: Path) -> None:
    assert run(job, "print(Path('mine').write_text('made'), os.getcwd())") == [f"4 {job}"]
    assert (job / "mine").read_text() == "made"
    assert (job / "mine").stat().st_uid == os.getuid()


@pytest.mark.parametrize(
    "path", ["../../../secret", "../../jobs.sqlite3", "../../../../home/credentials", "/etc/passwd"]
)
def test_it_reads_nothing_of_the_users(job: Path, path: str) -> None:
    assert (job / path).exists()
    assert run(job, f"tell(lambda: open({path!r}).read())") == ["FileNotFoundError"]


def test_it_sees_no_home_and_no_other_job(job: Path) -> None:
    homes = sorted({str(Path.home()), "/home", "/root", "/tmp", "/var", "/run"})
    code = (
        f"tell(lambda: os.listdir({str(job.parent)!r}))\n"
        f"walks = [walk for top in {homes!r} for walk in os.walk(top)]\n"
        "seen = [os.path.join(folder, name) for folder, _, names in walks for name in names]\n"
        "kept = (sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix), *sys.argv[1:])\n"
        "print([path for path in seen if not path.startswith(kept)])"
    )
    assert run(job, code) == ["reached ['job']", "[]"]


def test_it_cannot_write_our_code_nor_its_python(job: Path, tmp_path: Path) -> None:
    code = (
        "ours = sys.argv[1] + '/neo_local'\n"
        "for folder in (ours, sys.prefix, sys.base_prefix, '/usr', '/', '/tmp'):\n"
        "    tell(lambda: Path(folder, 'planted').write_text('x'))\n"
        "tell(lambda: open(ours + '/__init__.py', 'a'))"
    )
    assert set(run(job, code)) <= {"OSError", "FileNotFoundError", "PermissionError"}
    assert not list(ROOT.glob("neo_local/planted"))


def test_it_sees_no_setting_of_the_kernel(job: Path) -> None:
    code = (
        "print(sorted(name for name in os.listdir('/proc') if not name.isdigit()))\n"
        "tell(lambda: os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY))\n"
        "tell(lambda: os.open('/proc/self/oom_score_adj', os.O_WRONLY))"
    )
    assert run(job, code) == ["['self', 'thread-self']", "FileNotFoundError", "OSError"]


def test_it_is_ended_before_the_users_programs_if_memory_runs_out(job: Path) -> None:
    assert run(job, "print(open('/proc/self/oom_score_adj').read().strip())") == ["1000"]


def test_it_gets_no_rights_back(job: Path) -> None:
    code = (
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.unshare(0x10000000), libc.unshare(0x20000))\n"
        "print(libc.mount(b'none', b'/usr', None, 0x1020, None), libc.umount2(b'/usr', 2))\n"
        "status = open('/proc/self/status').read().split()\n"
        "print([status[status.index(name) + 1] for name in ('CapEff:', 'NoNewPrivs:')])"
    )
    *calls, status = run(job, code)
    assert calls == ["-1 -1", "-1 -1"]
    assert status == "['0000000000000000', '1']"


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A Unix socket and a port of loopback, both open to everybody."""
    with (
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.create_server(("127.0.0.1", 0)) as port,
    ):
        path = str(tmp_path / "socket")
        local.bind(path)
        local.listen()
        abstract.bind("\0" + path)
        abstract.listen()
        yield path, port.getsockname()[1]


def test_it_reaches_no_socket(job: Path, listening: tuple[str, int]) -> None:
    path, port = listening
    unix = "socket.socket(socket.AF_UNIX).connect"
    code = (
        f"tell(lambda: {unix}({path!r}))\ntell(lambda: {unix}(chr(0) + {path!r}))\n"
        f"tell(lambda: socket.create_connection(('127.0.0.1', {port}), timeout=5))\n"
        "tell(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53)))"
    )
    assert run(job, code) == ["FileNotFoundError", "ConnectionRefusedError", "OSError", "OSError"]


def test_it_makes_unix_sockets_alone(job: Path) -> None:
    """Those of virtual machines, netlink and Bluetooth belong to no network namespace."""
    code = (
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"
        "families = [f for f in range(64) if (s := libc.socket(f, 1, 0)) >= 0 or\n"
        "            ctypes.get_errno() != 97]\n"
        "print(families)\n"
        "print(libc.syscall(425, 8, ctypes.create_string_buffer(256)), ctypes.get_errno())"
    )
    assert run(job, code) == ["[1]", "-1 1"]


def test_it_sees_and_ends_no_other_process(job: Path) -> None:
    code = (
        f"tell(lambda: os.kill({os.getpid()}, 0))\n"
        "print(sorted(int(name) for name in os.listdir('/proc') if name.isdigit()))"
    )
    assert run(job, code) == ["ProcessLookupError", "[1, 2]"]


ORPHAN = (
    "if os.fork() == 0:\n    os.setsid()\n"
    "    sleep = 'import time; time.sleep(600)'\n"
    "    os.execv(sys.executable, [sys.executable, '-c', sleep, {mark!r}])\n"
)


def marked(mark: str) -> set[int]:
    """Return the live processes with this word on their command line."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.add(int(folder.name))
        except OSError:
            continue
    return {pid for pid in found if processes.is_alive(pid)}


def test_a_child_of_another_session_ends_with_the_job(job: Path) -> None:
    mark = f"orphan-of-{job}"
    run(job, ORPHAN.format(mark=mark))
    assert ends(mark)


def test_a_child_of_another_session_ends_with_a_job_that_is_stopped(job: Path) -> None:
    mark = f"orphan-of-{job}"
    code = "import os, sys, time\n" + ORPHAN.format(mark=mark) + "time.sleep(600)"
    with pytest.raises(JobTimedOut):
        JobProcess(code=code).run(job, job.parent / "log", Control(1.5))
    assert ends(mark)


def test_a_job_ends_with_the_process_that_started_it(job: Path) -> None:
    mark = f"orphan-of-{job}"
    code = "import os, sys, time\n" + ORPHAN.format(mark=mark) + "time.sleep(600)"
    starter = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from neo_local.jobs.process import JobProcess\n"
        "from neo_local.jobs.control import Control\n"
        "folder = Path(sys.argv[2])\n"
        "JobProcess(code=sys.argv[3]).run(folder, folder / 'log', Control(60))"
    )
    with subprocess.Popen([sys.executable, "-c", starter, str(ROOT), str(job), code]) as started:
        deadline = time.monotonic() + 30
        while not marked(mark) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert marked(mark)
        started.kill()
    assert ends(mark)


def ends(mark: str) -> bool:
    deadline = time.monotonic() + 5
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not marked(mark)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit(7)", 7),
        ("import os; os.abort()", -6),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", -24),
        ("import ctypes; ctypes.string_at(0)", -11),
    ],
)
def test_the_sandbox_ends_as_the_job_does(job: Path, code: str, status: int) -> None:
    assert JobProcess(code=code).run(job, job.parent / "log", Control(60)) == status


def test_the_compilers_python_works_in_it(job: Path) -> None:
    process = JobProcess(python=str(LOCAL_PYTHON), code="import tvm, onnx, ziglang; print('there')")
    assert process.run(job, job.parent / "log", Control(60)) == 0


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare, of util-linux, is missing")
def test_without_namespaces_no_job_is_run_as_if_in_a_sandbox(job: Path) -> None:
    starter = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from neo_local.jobs.process import JobProcess, why_no_sandbox\n"
        "from neo_local.jobs.control import Control\n"
        "print(why_no_sandbox())\n"
        'folder = Path(sys.argv[2]); ran = JobProcess(code=\'open("ran", "w")\')\n'
        "print(ran.run(folder, folder / 'log', Control(60)))\n"
    )
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh"]
    done = subprocess.run(
        [*command, sys.executable, "-c", starter, str(ROOT), str(job)],
        capture_output=True,
        text=True,
        check=True,
    )
    reason, status = done.stdout.splitlines()
    assert (reason, status) == ("unshare: No space left on device", "127")
    assert not (job / "ran").exists()


BOMB = f"""
import sys; sys.path.append(sys.argv[1])
from neo_local.compiler.limits import confine
confine({dict(memory_mb=512, cpu_seconds=5, file_mb=1, processes=16)!r})
import os, time
made = 0
try:
    while made < 500 and os.fork():
        made += 1
    time.sleep(600) if made < 500 else print("unbounded")
except BlockingIOError:
    print("bounded", made < 16)
"""
ORDINARY_USER = 65534


@pytest.mark.skipif(
    os.getuid() == 0 and not Path("/usr/bin/python3").exists(),
    reason="the limit does not bind root, and no other user can run this Python",
)
def test_processes_are_bounded(tmp_path: Path) -> None:
    """Root is not bound by it, so it is tried as another user."""
    starter = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from neo_local.jobs.process import JobProcess\n"
        "from neo_local.jobs.control import Control\n"
        "folder = Path(sys.argv[2])\n"
        "JobProcess(code=sys.argv[3]).run(folder, folder / 'log', Control(30))\n"
        "print((folder / 'log').read_text())"
    )
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", starter, str(ROOT), folder, BOMB]
        other: dict[str, Any] = {}
        if os.getuid() == 0:
            os.chown(folder, ORDINARY_USER, ORDINARY_USER)
            command[0] = "/usr/bin/python3"
            other = {"user": ORDINARY_USER, "group": ORDINARY_USER, "extra_groups": []}
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/", **other)
    assert done.stdout.strip() == "bounded True"
