"""Fail if the tests cover too few branches of the packages that decide and act.

Reads coverage.py's JSON report. Each package is held to the floor on its own, so that a
well-covered one cannot hide another. Raise the floor when the coverage allows it; never lower it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FLOOR = 95.0  # percent of branches
PACKAGES = (
    "reconciler/core",
    "reconciler/engine",
    "reconciler/rules",
    "reconciler/handler",
)


def branches(report: Mapping[str, Any], package: str) -> tuple[int, int]:
    """Return how many branches of a package were taken, and how many there are."""
    files: Mapping[str, Any] = report["files"]
    summaries = [each["summary"] for path, each in files.items() if path.startswith(f"{package}/")]
    taken = sum(summary["covered_branches"] for summary in summaries)
    return taken, sum(summary["num_branches"] for summary in summaries)


def below(report: Mapping[str, Any]) -> list[str]:
    """Return a message for each package below the floor, or missing in the report."""
    found = []
    for package in PACKAGES:
        taken, total = branches(report, package)
        if not total:
            found.append(f"{package}: no branches in the report. Has the package moved?")
        elif 100 * taken < FLOOR * total:
            found.append(
                f"{package}: {100 * taken / total:.1f} % of branches covered, "
                f"at least {FLOOR:.0f} % required. Test the missing ones."
            )
    return found


def main(words: list[str]) -> int:
    """Print each package's branch coverage; return 1 if one is below the floor."""
    report = json.loads(Path(words[0]).read_text(encoding="utf-8"))
    for package in PACKAGES:
        taken, total = branches(report, package)
        print(f"[coverage] {package}: {taken} of {total} branches")
    found = below(report)
    for message in found:
        print(f"[coverage] {message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
