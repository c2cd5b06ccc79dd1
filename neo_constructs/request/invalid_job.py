"""The error of constructs whose compilation job the rules refuse."""

from __future__ import annotations

import re
from collections.abc import Sequence

from neo_constructs.synth.errors import ConstructError
from reconciler.core.fields import SETTABLE
from reconciler.rules.finding import Finding


class InvalidJobError(ConstructError):
    """Rules refuse a compilation job; ``findings`` holds every one of them."""

    def __init__(self, path: str, findings: Sequence[Finding]) -> None:
        count = "1 error" if len(findings) == 1 else f"{len(findings)} errors"
        lines = "\n".join(_lines(finding) for finding in findings)
        super().__init__(path, f"invalid compilation job: {count}\n{lines}")
        self.findings = tuple(findings)


def _lines(finding: Finding) -> str:
    """Format a finding as indented lines."""
    head = f"  {finding.code} {finding.slug}: {_place(finding.path)}: {finding.message}"
    details = [
        f"{label}: {text}"
        for label, text in (("got", finding.got), ("allowed", finding.allowed))
        if text
    ]
    tail = [finding.hint] if finding.hint else []
    return "\n".join([head, *(f"    {line}" for line in [*details, *tail])])


def _place(path: str) -> str:
    """Return where a finding is: the construct's argument, and the API's field."""
    for field in SETTABLE:
        if re.match(rf"{re.escape(field.path)}\b", path) or field.path.startswith(f"{path}."):
            return f"{field.argument} ({path})"
    return path or "the request"
