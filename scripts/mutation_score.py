"""The score of a mutation test: how many of the mutants that a test can kill were killed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

PACKAGES: Final = ("core", "engine", "handler", "rules")


def package_of(mutant: str) -> str:
    """Return the package that a mutant is of."""
    return mutant.split(".")[1]


@dataclass(frozen=True, slots=True)
class Score:
    """What became of a package's sample."""

    mutants: int
    sampled: int
    killed: int
    equivalent: int

    @property
    def counted(self) -> int:
        """How many a test can kill at all."""
        return self.sampled - self.equivalent

    @property
    def percent(self) -> float:
        """The share that was killed."""
        return 100 * self.killed / self.counted if self.counted else 100.0

    def interval(self) -> tuple[float, float]:
        """Return the 95 % confidence interval of the share, by Wilson's formula."""
        count, z = self.counted, 1.96
        if not count:
            return (0.0, 100.0)
        share = self.killed / count
        middle = share + z * z / (2 * count)
        spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
        low, high = ((middle + side * spread) / (1 + z * z / count) for side in (-1, 1))
        return (100 * low, 100 * high)


def scores(
    codes: Mapping[str, int | None], chosen: Sequence[str], alive: Sequence[Mapping[str, str]]
) -> dict[str, Score]:
    """Return each package's score."""
    found = {}
    for package in PACKAGES:
        sampled = [name for name in chosen if package_of(name) == package]
        left = [each for each in alive if package_of(each["mutant"]) == package]
        found[package] = Score(
            mutants=sum(package_of(name) == package for name in codes),
            sampled=len(sampled),
            killed=len(sampled) - len(left),
            equivalent=sum(bool(each["equivalent"]) for each in left),
        )
    return found


def report(found: Mapping[str, Score], alive: list[dict[str, str]], seed: int) -> dict[str, Any]:
    """Return what is kept of a run."""
    total = sum(score.mutants for score in found.values())
    weighted = sum(score.percent * score.mutants for score in found.values()) / total
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "score": round(weighted, 1),
        "packages": {
            package: {
                "mutants": score.mutants, "sampled": score.sampled, "killed": score.killed,
                "equivalent": score.equivalent, "score": round(score.percent, 1),
                "interval": [round(bound, 1) for bound in score.interval()],
            }
            for package, score in found.items()
        },
        "survivors": alive,
    }  # fmt: skip
