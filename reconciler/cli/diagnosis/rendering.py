"""The report of ``neoctl doctor``: as text, or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from reconciler.cli.diagnosis.check import Check, CheckVerdict, Diagnosis
from reconciler.cli.findings.colour import Paint, painter, plain
from reconciler.cli.findings.printable import printable
from reconciler.cli.options.output import json_of_places
from reconciler.cli.options.places import DEFAULT_PLACE
from reconciler.core.canonical import Json

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


def rendered_together(diagnoses: Sequence[Diagnosis], output: str, *, is_only: bool) -> str:
    """Return the checks of all places in a format."""
    if output == "json":
        return json_of_places([to_json(each) for each in diagnoses], is_only=is_only)
    return "\n".join(as_text(each, painter(), is_only=is_only) for each in diagnoses)


def to_json(diagnosis: Diagnosis) -> dict[str, Json]:
    """Return checks as JSON; docs/reference/doctor.schema.json describes it."""
    checks: list[Json] = [asdict(check) for check in diagnosis.checks]
    return {
        "kind": "neoctl-doctor",
        "format_version": FORMAT_VERSION,
        "account": diagnosis.account,
        "region": diagnosis.region,
        "counts": {verdict.value: count for verdict, count in _counts(diagnosis.checks).items()},
        "checks": checks,
    }


def as_text(diagnosis: Diagnosis, paint: Paint = plain, *, is_only: bool = True) -> str:
    """Return a line a check, below it what to do, and a summary; several places are named."""
    checks = diagnosis.checks
    head = [] if is_only else [paint("bold", printable(_place(diagnosis)))]
    lines = [line for check in checks for line in _lines(check, paint)]
    counts = ", ".join(f"{count} {verdict}" for verdict, count in _counts(checks).items() if count)
    summary = paint("bold", f"{len(checks)} checks: {counts}.")
    return "\n".join([*head, *lines, summary]) + "\n"


def _place(diagnosis: Diagnosis) -> str:
    account = f"account {diagnosis.account}" if diagnosis.account else ""
    return ", ".join(part for part in (account, diagnosis.region) if part) or DEFAULT_PLACE


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
