"""The data of every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located


@dataclass(frozen=True, slots=True)
class FindingsReport:
    """The findings of one run, in the order of files and places, with what was checked."""

    findings: Sequence[Located]
    jobs: int
    files: int

    def count(self, severity: Severity) -> int:
        """Return the number of findings of a severity."""
        return Counter(item.finding.severity for item in self.findings)[severity]


def counted(severities: Iterable[Severity]) -> str:
    """Return how many findings there are of each severity (1 error, 2 warnings); empty if none."""
    found = Counter(severities)
    return ", ".join(
        f"{found[severity]} {severity.value}{'' if found[severity] == 1 else 's'}"
        for severity in Severity
        if found[severity]
    )
