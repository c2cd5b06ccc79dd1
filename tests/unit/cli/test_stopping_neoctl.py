"""neoctl is told to end by a terminal or a pipeline: it cleans up, and exits with 130."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.paths import ROOT

WAITING = """
import time
from reconciler.cli import main

def wait():
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("cleaned up", flush=True)
        return main.INTERRUPTED

main.run = wait
main.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_the_end_of_a_pipeline_let_it_clean_up(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=30)[0] == "cleaned up\n"
    assert process.returncode == 130
