"""One long-lived Node process that runs the Provider framework's handlers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.simulation.cloudformation.provider_files import node_executable, provider_runtime

Effect = dict[str, Any]
"""What the framework did: {"type": "invoke" | "startExecution" | "put" | "sleep" |
"waitUntilFunctionActive" | "return" | "throw", "invocation": ..., ...}."""


class NodeProvider:
    """Sends one message, gets the effects that it caused; synchronous and deterministic."""

    def __init__(self) -> None:
        driver = Path(__file__).with_name("provider_driver.js")
        self._process = subprocess.Popen(
            [str(node_executable()), "--no-deprecation", str(driver), str(provider_runtime())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def invoke(self, invocation: int, handler: str, event: dict[str, Any]) -> list[Effect]:
        """Begin onEvent, isComplete or onTimeout."""
        return self._send(
            {"op": "invoke", "invocation": invocation, "handler": handler, "event": event}
        )

    def resolve(self, call: int, value: object) -> list[Effect]:
        """Answer an effect."""
        return self._send({"op": "settle", "call": call, "value": value})

    def reject(self, call: int, error: str) -> list[Effect]:
        """Fail an effect."""
        return self._send({"op": "settle", "call": call, "error": error})

    def reset(self, seed: int) -> None:
        """Forget every call in flight and seed Math.random."""
        self._send({"op": "reset", "seed": seed})

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait(timeout=10)

    def _send(self, message: dict[str, Any]) -> list[Effect]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("Node has no pipes")
        stdin.write(json.dumps(message).encode() + b"\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"Node ended with {self._process.wait()}")
        effects: list[Effect] = json.loads(line)
        return effects
