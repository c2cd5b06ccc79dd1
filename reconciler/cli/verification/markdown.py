"""Findings as Markdown, for comments and job summaries: a table, errors first."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.cli.findings.as_json import sentence
from reconciler.cli.findings.summary import FindingsReport, counted
from reconciler.cli.plans.markdown import prose
from reconciler.specs.checking import Located


def render(report: FindingsReport, checked: Iterable[str], runs: Iterable[str] = ()) -> str:
    """Return a heading, the table of findings, what nothing was found in, and how runs ended."""
    counts = counted(item.finding.severity for item in report.findings) or "no findings"
    lines = [f"### {report.checked}: {counts}", ""]
    if report.findings:
        lines += ["| | where | what | what to do |", "|---|---|---|---|"]
        lines += [_row(item) for item in report.findings]
        lines.append("")
    faulty = {item.source.name for item in report.findings}
    lines += [f"- {prose(name)}: no findings" for name in checked if name not in faulty]
    lines += [f"- {prose(run)}" for run in runs]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(item: Located) -> str:
    finding = item.finding
    what = f"**{finding.severity.value}** {finding.code}"
    cells = (what, prose(item.place), prose(sentence(item)), prose(finding.hint))
    return f"| {' | '.join(cells)} |"
