"""Findings as JSON: ``format_version`` 1, stable and in the order of files and places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from reconciler.cli.findings.span import end_column
from reconciler.cli.findings.summary import FindingsReport
from reconciler.rules.finding import Finding, Severity
from reconciler.specs.checking import Located

FORMAT_VERSION: Final = 1


def render(report: FindingsReport, **more: object) -> str:
    """Return one JSON object, indented, with a summary, all findings, and what a verb adds."""
    data = {
        "format_version": FORMAT_VERSION,
        "summary": {
            "errors": report.count(Severity.ERROR),
            "warnings": report.count(Severity.WARNING),
            "infos": report.count(Severity.INFO),
            f"{report.unit}s": report.jobs,
        },
        **more,
        "findings": [_finding(item) for item in report.findings],
    }
    return json.dumps(data, indent=2, ensure_ascii=True) + "\n"


def finding_json(
    finding: Finding, message: str, place: Mapping[str, object], job: str | None
) -> dict[str, object]:
    """Return a finding as every report in JSON has it.

    Args:
        message: What is wrong, in one sentence.
        place: File, line, column and what else is known of the place.
    """
    return {
        "code": finding.code,
        "rule": finding.slug,
        "severity": finding.severity.value,
        "message": message,
        "got": finding.got,
        "allowed": finding.allowed,
        "hint": finding.hint,
        **place,
        "path": finding.path,
        "job": job,
    }


def _finding(item: Located) -> dict[str, object]:
    line, column = item.position
    other = item.other_position
    place = {
        "file": item.source.name,
        "line": line,
        "column": column,
        "end_column": end_column(item),
        "other": other and dict(zip(("file", "line", "column"), other, strict=True)),
    }
    return finding_json(item.finding, sentence(item), place, item.job)


def sentence(item: Located) -> str:
    """Return a finding in one line: what is wrong, what was got, what is allowed."""
    finding = item.finding
    got = f" (got {finding.got})" if finding.got else ""
    allowed = f"; allowed: {finding.allowed}" if finding.allowed else ""
    return f"{finding.message}{got}{allowed}"
