"""What a benchmark is: variants measured side by side in one run, judged by their ratio.

Milliseconds of a shared machine say little; the ratio to a baseline that was measured in turn
with it, in the same run, says something. Raw numbers are kept.
"""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of doing it; `measure` returns one number of the case's unit."""

    name: str
    measure: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Case:
    """A question; the first variant is the baseline, budgets are ratios to it by variant."""

    name: str
    question: str
    unit: str
    variants: tuple[Variant, ...]
    budgets: Mapping[str, float] = field(default_factory=dict)
    rounds: int = 9


@dataclass(frozen=True, slots=True)
class Result:
    """All numbers of a case, by variant, in the order of measurement."""

    case: Case
    numbers: Mapping[str, Sequence[float]]

    def median(self, variant: str) -> float:
        """Return the median of a variant."""
        return statistics.median(self.numbers[variant])

    def ratio(self, variant: str) -> float:
        """Return how a variant compares with the baseline: the median of the rounds' ratios."""
        base = self.numbers[self.case.variants[0].name]
        pairs = zip(self.numbers[variant], base, strict=True)
        return statistics.median(own / other for own, other in pairs)

    def over(self) -> list[str]:
        """Return the budgets that are not kept, each in a sentence."""
        return [
            f"{self.case.name}: {name} is {self.ratio(name):.2f} of the baseline, more than {limit}"
            for name, limit in self.case.budgets.items()
            if self.ratio(name) > limit
        ]


def run(case: Case, rounds: int | None = None) -> Result:
    """Measure every variant once a round, in turns; a first, uncounted round warms caches."""
    numbers: dict[str, list[float]] = {variant.name: [] for variant in case.variants}
    for turn in range((rounds or case.rounds) + 1):
        for variant in case.variants:
            number = variant.measure()
            if turn:
                numbers[variant.name].append(number)
    return Result(case, numbers)


def process(command: Sequence[str], env: Mapping[str, str]) -> Callable[[], float]:
    """Measure the milliseconds of processor time of a process, whatever else the machine does.

    Raises:
        RuntimeError: the process fails.
    """

    def measure() -> float:
        started = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            raise RuntimeError(f"exit code {started.returncode}: {' '.join(command)}")
        return (used.ru_utime + used.ru_stime) * 1e3

    return measure
