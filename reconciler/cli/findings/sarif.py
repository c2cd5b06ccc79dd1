"""Findings as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from reconciler.cli.findings.as_json import sentence
from reconciler.cli.findings.span import end_column
from reconciler.cli.findings.summary import FindingsReport
from reconciler.cli.pages.rules import Page
from reconciler.core.version import VERSION
from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: FindingsReport, pages: Sequence[Page]) -> str:
    """Return one SARIF log with one run. ``pages`` are of all rules that could be reported."""
    numbers = {page.rule.code: index for index, page in enumerate(pages)}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "neoctl",
                        "version": VERSION,
                        "rules": [_rule(page) for page in pages],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(item, numbers) for item in report.findings],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _rule(page: Page) -> dict[str, object]:
    rule = page.rule
    return {
        "id": rule.code,
        "name": rule.slug,
        "shortDescription": {"text": page.title},
        "help": {"text": f"neoctl explain {rule.code}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(item: Located, numbers: Mapping[str, int]) -> dict[str, object]:
    line, column = item.position
    finding = item.finding
    hint = f" {finding.hint}" if finding.hint else ""
    result: dict[str, object] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{sentence(item)}.{hint}"},
        "locations": [
            {
                "physicalLocation": _place(
                    item.source.name, line, column, endColumn=end_column(item)
                ),
                **({"logicalLocations": [{"name": item.job}]} if item.job else {}),
            }
        ],
        "partialFingerprints": {"neoctl/v1": _fingerprint(item)},
    }
    if finding.code in numbers:
        result["ruleIndex"] = numbers[finding.code]
    if item.other_position is not None:
        place = _place(*item.other_position)
        result["relatedLocations"] = [
            {"physicalLocation": place, "message": {"text": "conflicts with this one"}}
        ]
    return result


def _place(name: str, line: int, column: int, **more: int) -> dict[str, object]:
    return {
        "artifactLocation": {"uri": _uri(name)},
        "region": {"startLine": line, "startColumn": column, **more},
    }


def _uri(name: str) -> str:
    return Path(name).as_uri() if name.startswith("/") else quote(name)


def _fingerprint(item: Located) -> str:
    """Return a fingerprint that does not depend on line numbers."""
    parts = (item.finding.code, item.source.name, item.job, item.finding.path, item.finding.got)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
