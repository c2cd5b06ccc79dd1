"""`make demo` from its beginning to its end, and when it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from neo_local.supervisor import processes
from tests.paths import ROOT

pytestmark = [pytest.mark.long, pytest.mark.compiles]


def demo(data: Path) -> subprocess.Popen[str]:
    """Start it as `make demo` does, with a data folder of its own."""
    command = [sys.executable, "-m", "demo", "--data", str(data)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_the_demonstration_keeps_every_promise_and_leaves_no_process(tmp_path: Path) -> None:
    process = demo(tmp_path)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert "Done; every claim above was checked" in said
    assert processes.marked(tmp_path / "aws") == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["cdk bootstrap", "INPROGRESS"])
def test_an_interrupted_demonstration_leaves_no_process(
    tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    process = demo(tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if moment in line:
            break
    children = processes.descendants([process.pid])
    os.kill(process.pid, number)
    process.communicate()
    assert process.returncode == 130
    assert processes.marked(tmp_path / "aws") | processes.descendants(children) == set()
