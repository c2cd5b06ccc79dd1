"""Findings as JUnit XML: one suite a file, one case a finding, or one that passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from reconciler.cli.findings.as_json import sentence
from reconciler.cli.findings.printable import printable, printable_lines
from reconciler.cli.findings.summary import FindingsReport
from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located


def render(
    report: FindingsReport, files: Iterable[str], *, strict: bool = False, verb: str = "validate"
) -> str:
    """Return the suites: errors are failures, warnings too if strict, the rest is output."""
    by_file = {
        name: list(items)
        for name, items in groupby(
            sorted(report.findings, key=lambda item: item.source.name),
            key=lambda item: item.source.name,
        )
    }
    names = sorted({*files, *by_file})
    suites = [_suite(name, by_file.get(name, []), strict) for name in names]
    failures = sum(_fails(item, strict) for item in report.findings)
    total = sum(max(len(by_file.get(name, [])), 1) for name in names)
    head = f'<testsuites name="neoctl {verb}" tests="{total}" failures="{failures}">'
    body = "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *suites, "</testsuites>"])
    return body + "\n"


def _fails(item: Located, strict: bool) -> bool:
    severity = item.finding.severity
    return severity is Severity.ERROR or (strict and severity is Severity.WARNING)


def _suite(name: str, items: Sequence[Located], strict: bool) -> str:
    failures = sum(_fails(item, strict) for item in items)
    cases = [_case(item, strict) for item in items] or [
        f"    <testcase classname={_attribute(name)} name={_attribute('no findings')}/>"
    ]
    head = f'  <testsuite name={_attribute(name)} tests="{len(cases)}" failures="{failures}">'
    return "\n".join([head, *cases, "  </testsuite>"])


def _case(item: Located, strict: bool) -> str:
    line, _ = item.position
    finding = item.finding
    name = f"{finding.code} {finding.slug} {item.place}"
    head = (
        f"    <testcase classname={_attribute(item.source.name)} name={_attribute(name)} "
        f'file={_attribute(item.source.name)} line="{line}">'
    )
    text = _text("\n".join(part for part in (sentence(item), finding.hint, item.job) if part))
    if _fails(item, strict):
        inner = (
            f"      <failure type={_attribute(finding.code)} "
            f"message={_attribute(finding.message)}>{text}</failure>"
        )
    else:
        inner = f"      <system-out>{text}</system-out>"
    return "\n".join([head, inner, "    </testcase>"])


def _attribute(text: str) -> str:
    return quoteattr(printable(text))


def _text(text: str) -> str:
    return escape(printable_lines(text))
