"""LLVM's tools, which the ziglang wheel carries."""

from __future__ import annotations

import subprocess
import sys


def run_tool(tool: str, *arguments: str) -> list[str]:
    """Run one of them. Return the lines of its errors, none if it succeeded."""
    command = [sys.executable, "-m", "ziglang", tool, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return done.stderr.strip().splitlines() or [f"{tool}: exit status {done.returncode}"]
