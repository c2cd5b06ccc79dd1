"""The error of constructs whose compilation job the rules refuse, and findings as text."""

from __future__ import annotations

from collections.abc import Sequence

from neo_constructs.synth.errors import ConstructError
from reconciler.rules.finding import Finding


class InvalidJobError(ConstructError):
    """Rules refuse a compilation job; ``findings`` holds every one of them."""

    def __init__(self, path: str, findings: Sequence[Finding]) -> None:
        count = "1 error" if len(findings) == 1 else f"{len(findings)} errors"
        lines = "\n".join(describe(finding) for finding in findings)
        super().__init__(path, f"invalid compilation job: {count}\n{lines}")
        self.findings = tuple(findings)


def describe(finding: Finding) -> str:
    """Format a finding as indented lines."""
    head = f"  {finding.code} {finding.slug}: {finding.path or 'the request'}: {finding.message}"
    details = [
        f"{label}: {text}"
        for label, text in (("got", finding.got), ("allowed", finding.allowed))
        if text
    ]
    tail = [finding.hint] if finding.hint else []
    return "\n".join([head, *(f"    {line}" for line in [*details, *tail])])


def in_one_line(finding: Finding) -> str:
    """Format a finding in one line, for an annotation."""
    parts = (
        f"{finding.path}: {finding.message}",
        f"got {finding.got}" if finding.got else "",
        f"allowed: {finding.allowed}" if finding.allowed else "",
        finding.hint,
    )
    return "; ".join(part for part in parts if part)
