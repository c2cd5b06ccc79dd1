"""`make long-run`: plays what is not yet played of this commit, and writes the figures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks.long_run.journal import FOLDER, Journal, journal_of
from benchmarks.long_run.parts import HISTORIES, Suite
from benchmarks.long_run.playing import WORKERS, left, play_all
from benchmarks.long_run.suites import suites
from benchmarks.published import DOCS, RESULTS, number, publish, table

MARK: Final = "long run"
NOTED: Final = ("aws-cdk-lib", "boto3")
HOUR: Final = 3600.0


def figures(journal: Journal, suite: Suite) -> dict[str, Any]:
    """Return what a suite has come to so far."""
    parts = journal.parts(suite)
    tallies = [part.tally for part in parts]
    return {
        "what": suite.what,
        "complete": len(parts) == suite.parts,
        "cases": sum(tally.cases for tally in tallies),
        "steps": sum(tally.steps for tally in tallies),
        "simulated hours": round(sum(tally.simulated_seconds for tally in tallies) / HOUR),
        "hours of wall time": round(sum(part.wall_seconds for part in parts) / HOUR, 2),
        "hours of Python's processor time": round(
            sum(part.processor_seconds for part in parts) / HOUR, 2
        ),
        "violations": sum(tally.violating for tally in tallies),
        "failures": [text for tally in tallies for text in tally.failures],
    }


def write(journal: Journal, played: Sequence[Suite], file: Path) -> dict[str, Any]:
    """Write the figures of all suites; return them."""
    found = {suite.name: figures(journal, suite) for suite in played}
    ended = [part.ended for suite in played for part in journal.parts(suite)]
    shown = {
        "commit": journal.commit,
        "ended": datetime.fromtimestamp(max(ended, default=0.0), UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {name: version(name) for name in NOTED},
        "complete": all(each["complete"] for each in found.values()),
        "violations": sum(each["violations"] for each in found.values()),
        "suites": found,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(shown, indent=1) + "\n")
    return shown


def figures_table(shown: dict[str, Any]) -> str:
    """Return the table of docs/proof.md."""
    rows = [
        (
            each["what"],
            number(each["cases"]) + ("" if each["complete"] else " so far"),
            number(each["steps"]) if each["steps"] else "",
            number(each["simulated hours"]) if each["simulated hours"] else "",
            number(each["violations"]),
        )
        for each in shown["suites"].values()
    ]
    head = ("what", "played", "steps", "simulated hours", "with a violation")
    versions = ", ".join(f"{name} {text}" for name, text in shown["versions"].items())
    about = f"Commit `{shown['commit']}`, ended {shown['ended']}, {versions}."
    return f"{about}\n\n{table(head, rows)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what is left. Return 1 if an invariant did not hold anywhere."""
    parser = argparse.ArgumentParser(prog="make long-run", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these suites")
    parser.add_argument("--histories", type=int, default=HISTORIES, help="of each kind")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help=WORKERS)
    parser.add_argument("--journal", type=Path, default=FOLDER, help="where parts are kept")
    parser.add_argument("--results", type=Path, default=RESULTS / "long-run.json")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where proof.md is")
    options = parser.parse_args(arguments)
    every = suites(options.histories)
    chosen = [suite for suite in every if not options.names or suite.name in options.names]
    journal = journal_of(options.journal, options.histories)
    work = [*left(journal, chosen)]
    print(f"[long-run] {journal.commit}: {len(work)} parts to play", flush=True)
    for suite in play_all(journal, work, options.workers):
        say(suite, write(journal, every, options.results)["suites"][suite.name])
    shown = write(journal, every, options.results)
    publish(options.docs / "proof.md", MARK, figures_table(shown))
    print(f"[long-run] violations: {shown['violations']}; {options.results}")
    return 1 if shown["violations"] else 0


def say(suite: Suite, found: dict[str, Any]) -> None:
    """Print how far a suite is."""
    of = f" of {suite.cases}" if suite.cases else ""
    violated = f", violations: {found['violations']}"
    print(f"[long-run] {suite.name}: {found['cases']}{of}{violated}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
