"""What has been played of a commit, kept part by part, so that a killed run goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.long_run.parts import Suite, Tally

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / ".long-run"


def commit() -> str:
    """Return the commit of the working tree, marked if files have changed since."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    words = [git, "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"]
    described = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return described.stdout.strip() or "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """One played part of a suite.

    Attributes:
        ended: When, in seconds since 1970.
        wall_seconds: How long it took.
        processor_seconds: How much of it Python worked; Node's time is not in it.
    """

    tally: Tally
    ended: float
    wall_seconds: float
    processor_seconds: float


@dataclass(frozen=True, slots=True)
class Journal:
    """The parts played of one commit."""

    folder: Path
    commit: str

    def has(self, suite: Suite, part: int) -> bool:
        return self._file(suite, part).exists()

    def keep(self, suite: Suite, part: int, played: Part) -> None:
        """Write what a part came to; a reader finds all of it or nothing."""
        file = self._file(suite, part)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(played), indent=1) + "\n")
        draft.replace(file)

    def played(self, *suites: Suite) -> list[int]:
        """Return the parts that were played of every one of some suites, by number."""
        numbers = range(min(suite.parts for suite in suites))
        return [number for number in numbers if all(self.has(suite, number) for suite in suites)]

    def part(self, suite: Suite, number: int) -> Part:
        """Return what a played part came to."""
        kept: dict[str, Any] = json.loads(self._file(suite, number).read_text())
        return Part(**{**kept, "tally": Tally(**kept["tally"])})

    def parts(self, suite: Suite) -> list[Part]:
        """Return what was played of a suite, in the order of its parts."""
        return [self.part(suite, number) for number in self.played(suite)]

    def _file(self, suite: Suite, part: int) -> Path:
        return self.folder / suite.name / f"{part:04d}.json"


def journal_of(folder: Path, histories: int) -> Journal:
    """Return the journal of the present commit, for so many histories of each kind."""
    played = commit()
    return Journal(folder / f"{played}-{histories}", played)
