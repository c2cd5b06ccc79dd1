"""Findings as GitHub Actions workflow commands, which annotate a pull request's lines."""

from __future__ import annotations

from typing import Final

from reconciler.cli.findings.as_json import sentence
from reconciler.cli.findings.printable import printable_lines
from reconciler.cli.findings.span import end_column
from reconciler.cli.findings.summary import FindingsReport
from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: FindingsReport) -> str:
    """Return one command a line; nothing without findings."""
    return "".join(_command(item) + "\n" for item in report.findings)


def _command(item: Located) -> str:
    line, column = item.position
    text = sentence(item) + (f"\n{item.finding.hint}" if item.finding.hint else "")
    place = f"file={escaped_property(item.source.name)},line={line},col={column}"
    place += f",endColumn={end_column(item)}"
    title = escaped_property(f"{item.finding.code} {item.finding.slug}")
    return f"::{_COMMANDS[item.finding.severity]} {place},title={title}::{escaped_data(text)}"


def escaped_data(text: str) -> str:
    """Return a text as the message of a workflow command."""
    return printable_lines(text).replace("%", "%25").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """Return a text as a property of a workflow command."""
    return escaped_data(text).replace(":", "%3A").replace(",", "%2C")
