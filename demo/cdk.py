"""The real CDK CLI as a child process: its output kept, a callback while it runs, no orphans."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLI = ROOT / "node_modules" / ".bin" / "cdk"
TICK_SECONDS = 1.0
QUIET = {
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "1",
    "CDK_VALIDATION": "false",  # aws-cdk-lib's own template validator; cfn-lint runs in the tests
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "CI": "true",
    "NO_COLOR": "1",
}


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished run of the CLI."""

    code: int
    seconds: float
    output: str


@dataclass(slots=True)
class Cdk:
    """The CLI for one app, one environment and one output folder."""

    environment: Mapping[str, str]
    out: Path
    app: Path = ROOT
    context: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        *words: str,
        tick: Callable[[], None] = lambda: None,
        context: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run one command to its end; `tick` is called about once a second meanwhile.

        Whatever ends this call, Ctrl-C included, ends the CLI and all of its children with it.
        """
        pairs = {**self.context, **(context or {})}
        options = [word for key, value in pairs.items() for word in ("-c", f"{key}={value}")]
        command = [str(CLI), *words, *options, "--no-notices", "--output", str(self.out)]
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self.app,
            env={**self.environment, **QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        lines: list[str] = []
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()
        try:
            code = _await(process, tick)
        finally:
            _end_group(process)
            reader.join()
        return Ran(code, time.monotonic() - began, "".join(lines))


def _read(process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stdout is not None
    lines.extend(process.stdout)


def _await(process: subprocess.Popen[str], tick: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(TICK_SECONDS)
        except subprocess.TimeoutExpired:
            tick()


def _end_group(process: subprocess.Popen[str]) -> None:
    """End what is left of the CLI's process group: the app's Python and its Node."""
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
