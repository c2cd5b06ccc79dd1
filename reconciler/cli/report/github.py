"""Findings as GitHub Actions workflow commands, which annotate a pull request's lines."""

from __future__ import annotations

from typing import Final

from reconciler.cli.report.as_json import sentence
from reconciler.cli.report.span import end_column
from reconciler.cli.report.summary import FindingsReport
from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: FindingsReport) -> str:
    """Return one command a line; nothing without findings."""
    return "".join(_command(item) + "\n" for item in report.findings)


def _command(item: Located) -> str:
    line, column = item.position
    text = sentence(item) + (f"\n{item.finding.hint}" if item.finding.hint else "")
    place = f"file={_property(item.source.name)},line={line},col={column}"
    place += f",endColumn={end_column(item)}"
    title = _property(f"{item.finding.code} {item.finding.slug}")
    return f"::{_COMMANDS[item.finding.severity]} {place},title={title}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
