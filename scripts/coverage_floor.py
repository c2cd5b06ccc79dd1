"""Fail if the tests take too few branches of the packages that decide and act.

Reads coverage.py's JSON report. Only branches count: lines are many and easily reached, and would
hide a decision that no test makes. Each package is held to the floor on its own, so that a
well-covered one cannot hide another. The floor is never lowered.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FLOOR = 95.0  # percent of branches
PACKAGES = ("reconciler/core", "reconciler/engine", "reconciler/rules", "reconciler/handler")


def covered(report: Mapping[str, Any], package: str) -> float | None:
    """Return the percentage of a package's branches that are taken; None if it has none."""
    files: Mapping[str, Any] = report["files"]
    summaries = [each["summary"] for path, each in files.items() if path.startswith(f"{package}/")]
    total = sum(each["num_branches"] for each in summaries)
    return 100 * sum(each["covered_branches"] for each in summaries) / total if total else None


def below(report: Mapping[str, Any]) -> list[str]:
    """Return a message for each package below the floor, or missing in the report."""
    found = []
    for package in PACKAGES:
        percent = covered(report, package)
        if percent is None:
            found.append(f"{package}: not in the report. Has the package moved?")
        elif percent < FLOOR:
            found.append(
                f"{package}: {percent:.1f} % of branches covered, at least {FLOOR:.0f} % required. "
                "Test the missing branches, or delete those that cannot be reached."
            )
    return found


def main(words: list[str]) -> int:
    """Print each package's branch coverage; return 1 if one is below the floor."""
    report = json.loads(Path(words[0]).read_text(encoding="utf-8"))
    for package in PACKAGES:
        percent = covered(report, package) or 0
        print(f"[coverage] {package}: {percent:.1f} % of branches (floor {FLOOR:.0f} %)")
    found = below(report)
    for message in found:
        print(f"[coverage] {message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
