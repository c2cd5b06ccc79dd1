"""The data of every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located


@dataclass(frozen=True, slots=True)
class FindingsReport:
    """The findings of one run, in the order of files and places, with what was checked.

    Attributes:
        jobs: How many `unit`s were checked.
        files: How many spec files they are from; 0 for what is from none.
    """

    findings: Sequence[Located]
    jobs: int
    files: int
    unit: str = "job"

    @property
    def checked(self) -> str:
        """What was checked, in words."""
        units = f"{self.jobs} {self.unit}{'' if self.jobs == 1 else 's'}"
        files = f"{self.files} file{'' if self.files == 1 else 's'}"
        return f"{units} ({files})" if self.files else units

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
