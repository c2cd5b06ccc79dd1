"""`make compare`: plays what is left of the comparison; writes figures, tables and the drawing."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks.comparison.costs import all_costs
from benchmarks.comparison.kinds import KINDS
from benchmarks.comparison.picture import drawing
from benchmarks.comparison.playing import SEEDS_KEPT, WEATHERS, Compared, suites
from benchmarks.comparison.scene import play as play_scene
from benchmarks.comparison.subjects import SUBJECTS
from benchmarks.comparison.tables import tables
from benchmarks.long_run.__main__ import say
from benchmarks.long_run.journal import FOLDER, Journal, journal_of
from benchmarks.long_run.parts import HISTORIES, node
from benchmarks.long_run.playing import WORKERS, left, play_all
from benchmarks.published import DOCS, RESULTS, publish

VERSIONS: Final = ("aws-cdk-lib", "crhelper")
Figures = dict[str, Any]


def figures(journal: Journal, suite: Compared, numbers: Sequence[int]) -> Figures:
    """Return what was counted with one handler in some parts: by weather and kind, and seeds."""
    counts: Counter[str] = Counter()
    seeds: dict[str, list[int]] = {}
    parts = [journal.part(suite, number) for number in numbers]
    for part in parts:
        counts.update(part.tally.counts)
        for kind, found in part.tally.examples.items():
            seeds[kind] = [*seeds.get(kind, []), *found][:SEEDS_KEPT]
    return {
        "title": suite.subject.title,
        "cases": sum(part.tally.cases for part in parts),
        "violations": sum(part.tally.violating for part in parts),
        "simulated hours": round(sum(part.tally.simulated_seconds for part in parts) / 3600),
        "weathers": {weather: _by_kind(counts, weather) for weather in WEATHERS},
        "seeds": {kind: seeds[kind] for kind in KINDS if kind in seeds},
    }


def _by_kind(counts: Counter[str], weather: str) -> Figures:
    return {
        "histories": counts[f"{weather}/histories"],
        "histories with": {kind: counts[f"{weather}/{kind}"] for kind in KINDS},
        "times": {kind: counts[f"{weather}/{kind} times"] for kind in KINDS},
    }


def gathered(journal: Journal, compared: Sequence[Compared]) -> Figures:
    """Return all figures of the comparison, of the histories that every handler has played."""
    common = journal.played(*compared)
    found = {suite.subject.name: figures(journal, suite, common) for suite in compared}
    return {
        "commit": journal.commit,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONS},
        "subjects": found,
        "costs": all_costs(node()),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what is left, then write everything. Return 1 if ours violated the design."""
    parser = argparse.ArgumentParser(prog="make compare", description=__doc__)
    parser.add_argument("--histories", type=int, default=HISTORIES, help="of each handler")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help=WORKERS)
    parser.add_argument("--journal", type=Path, default=FOLDER, help="where parts are kept")
    parser.add_argument("--results", type=Path, default=RESULTS / "comparison.json")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where comparison.md is")
    options = parser.parse_args(arguments)
    compared = suites(options.histories)
    journal = journal_of(options.journal, options.histories)
    work = [*left(journal, compared)]
    print(f"[compare] {journal.commit}: {len(work)} parts to play", flush=True)
    for suite in play_all(journal, work, options.workers):
        mine = _of(compared, suite.name)
        say(suite, figures(journal, mine, journal.played(mine)))
    shown = gathered(journal, compared)
    options.results.write_text(json.dumps(shown, indent=1) + "\n")
    scenes = [play_scene(subject, node()) for subject in SUBJECTS]
    (options.docs / "images" / "comparison.svg").write_text(drawing(scenes))
    for mark, text in tables(shown).items():
        publish(options.docs / "comparison.md", mark, text)
        print(text, end="\n\n")
    return 1 if shown["subjects"]["ours"]["violations"] else 0


def _of(compared: Sequence[Compared], name: str) -> Compared:
    return next(suite for suite in compared if suite.name == name)


if __name__ == "__main__":
    sys.exit(main())
