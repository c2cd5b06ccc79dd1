"""Findings for people: where, the line itself with a caret, what is allowed, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.cli.findings.colour import Paint, plain
from reconciler.cli.findings.printable import clipped, columns, printable
from reconciler.cli.findings.span import length
from reconciler.cli.findings.summary import FindingsReport, counted
from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located

_WIDTH: Final = 100
_LEAD: Final = 30
_LONGEST: Final = 400


def render(report: FindingsReport, paint: Paint = plain, *, infos: bool = False) -> str:
    """Return all findings and one line that sums them up; infos only if asked for."""
    shown = [
        item for item in report.findings if infos or item.finding.severity is not Severity.INFO
    ]
    blocks = ["\n".join(_block(item, paint)) for item in shown]
    return "\n\n".join([*blocks, _summary(report, paint, infos)]) + "\n"


def _block(item: Located, paint: Paint) -> Iterator[str]:
    finding = item.finding
    severity = finding.severity.value
    where = f" ({finding.path})" if finding.path else ""
    heading = paint(severity, f"{severity}[{finding.code} {finding.slug}]")
    yield f"{heading} {paint('bold', printable(finding.message))}{printable(where)}"
    line, column = item.position
    more = f" and {item.more} more" if item.more else ""
    job = f"  in {item.job}{more}" if item.job else ""
    number = str(line)
    pad = " " * len(number)
    yield f"{pad}{paint('gutter', '-->')} {printable(item.place)}{printable(job)}"
    text = item.source.line(line)
    if text.strip():
        snippet, start, marks = _window(text, column - 1)
        bar = paint("gutter", "|")
        yield f"{pad} {bar}"
        yield f"{paint('gutter', number)} {bar} {snippet}"
        yield f"{pad} {bar} {' ' * start}{paint(severity, '^' * marks)}"
    other = ":".join(map(str, item.other_position or ()))
    for name, value in (
        ("got", finding.got), ("allowed", finding.allowed), ("other", other),
        ("help", finding.hint),
    ):  # fmt: skip
        if value:
            shown = clipped(printable(value), _LONGEST)
            yield f"{pad} {paint('gutter', '=')} {paint('bold', name)}: {shown}"


def _window(text: str, start: int) -> tuple[str, int, int]:
    """Return the part of a line to show, with the caret's place and length in columns."""
    end = start + length(text[start : start + 2 * _WIDTH])
    first = 0 if end <= _WIDTH else max(0, start - _LEAD)
    before, marked = printable(text[first:start]), printable(text[start:end])
    cut = "…" if first else ""
    snippet = cut + before + printable(text[start : first + _WIDTH])
    lead = columns(cut + before)
    marks = min(max(columns(marked), 1), max(columns(snippet) - lead, 1))
    return snippet + ("…" if len(text) > first + _WIDTH else ""), lead, marks


def _summary(report: FindingsReport, paint: Paint, infos: bool) -> str:
    counts = counted(item.finding.severity for item in report.findings)
    if not counts:
        return paint("bold", f"No problems found in {report.checked}.")
    hidden = not infos and report.count(Severity.INFO) > 0
    more = " Run with --verbose to see infos." if hidden else ""
    return paint("bold", f"Found {counts} in {report.checked}.") + more
