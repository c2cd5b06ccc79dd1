"""The report of ``neoctl doctor``: as text, or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from reconciler.cli.diagnosis.check import Check, CheckVerdict
from reconciler.cli.findings.colour import Paint, painter, plain
from reconciler.cli.findings.printable import printable

FORMAT_VERSION: Final = 1
FORMATS: Final = ("text", "json")
_COLOURS: Final = {
    CheckVerdict.ERROR: "error",
    CheckVerdict.WARNING: "warning",
    CheckVerdict.UNKNOWN: "warning",
    CheckVerdict.OK: "info",
}
_VERDICT: Final = 8
_NAME: Final = 12


def rendered(checks: Sequence[Check], output: str) -> str:
    """Return checks in a format."""
    return as_json(checks) if output == "json" else as_text(checks, painter())


def as_json(checks: Sequence[Check]) -> str:
    """Return checks as JSON; docs/reference/doctor.schema.json describes it."""
    value = {
        "kind": "neoctl-doctor",
        "format_version": FORMAT_VERSION,
        "counts": {verdict.value: count for verdict, count in _counts(checks).items()},
        "checks": [asdict(check) for check in checks],
    }
    return json.dumps(value, indent=2) + "\n"


def as_text(checks: Sequence[Check], paint: Paint = plain) -> str:
    """Return a line a check, below it what to do, and a summary."""
    lines = [line for check in checks for line in _lines(check, paint)]
    counts = ", ".join(f"{count} {verdict}" for verdict, count in _counts(checks).items() if count)
    return "\n".join([*lines, paint("bold", f"{len(checks)} checks: {counts}.")]) + "\n"


def _lines(check: Check, paint: Paint) -> Iterator[str]:
    verdict = f"{check.verdict:<{_VERDICT}}"
    colour = _COLOURS.get(check.verdict)
    text = printable(f"{check.name:<{_NAME}} {check.about}: {check.finding}")
    yield f"{paint(colour, verdict) if colour else verdict} {text}"
    if check.remedy:
        yield f"{'':>{_VERDICT}} Do: {printable(check.remedy)}"


def _counts(checks: Sequence[Check]) -> dict[CheckVerdict, int]:
    found = Counter(check.verdict for check in checks)
    return {verdict: found[verdict] for verdict in CheckVerdict}
