"""LLVM's tools, which the ziglang wheel carries."""

from __future__ import annotations

import subprocess
import sys


def run_tool(tool: str, *arguments: str) -> list[str]:
    """Run one; the lines that it complains in, or nothing if it did its work."""
    command = [sys.executable, "-m", "ziglang", tool, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return done.stderr.strip().splitlines() or [f"{tool}: exit status {done.returncode}"]
