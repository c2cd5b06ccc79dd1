"""A drift report as text, Markdown and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from reconciler.cli.drifts.callers import OPERATIONS
from reconciler.cli.drifts.document import (
    FORMAT_VERSION,
    KINDS,
    Drift,
    DriftKind,
    DriftReport,
    IgnoredDrift,
    Verdict,
)
from reconciler.cli.findings.colour import Paint, painter
from reconciler.cli.findings.printable import printable
from reconciler.cli.options.output import json_of_places
from reconciler.cli.plans.markdown import code, prose
from reconciler.core.canonical import Json

FORMATS: Final = ("text", "json", "markdown")
_SYMBOLS: Final = {Verdict.ACT: "!", Verdict.INFORM: "i"}
_COLOURS: Final = {Verdict.ACT: "error", Verdict.INFORM: "info"}
_WORD: Final = 16


def rendered_together(reports: Sequence[DriftReport], output: str, *, is_only: bool) -> str:
    """Return the reports of all places in a format."""
    match output:
        case "json":
            return json_of_places([to_json(report) for report in reports], is_only=is_only)
        case "markdown":
            return "\n".join(map(_markdown, reports))
        case _:
            return "\n".join(_text(report, painter(), is_only=is_only) for report in reports)


def title(report: DriftReport) -> str:
    """Return a report in one line."""
    counts = Counter(drift.kind for drift in report.drifts)
    named = ", ".join(f"{counts[kind]} {kind}" for kind in DriftKind if counts[kind])
    rest = "".join(
        f" {count} {word}."
        for count, word in ((len(report.ignored), "ignored"), (len(report.unread), "not read"))
        if count
    )
    return f"Drift: {named or 'none'}, in {report.checked} declared jobs.{rest}"


def _text(report: DriftReport, paint: Paint, *, is_only: bool) -> str:
    text = []
    for owner, drifts in groupby(report.drifts, key=lambda drift: drift.owner):
        text.append(paint("bold", f"{owner} (account {report.account}, {report.region})"))
        for kind, same in groupby(drifts, key=lambda drift: drift.kind):
            for drift in same:
                text.extend(_block(drift, paint, asked_who=report.asked_who))
            text.append(f"      {KINDS[kind].advice}")
        text.append("")
    for name, why in report.unread:
        text.append(printable(f"  ? {'not read':<{_WORD}} {name}  {why}"))
    where = "" if is_only else f" (account {report.account}, {report.region})"
    text.append(paint("bold", f"{title(report)}{where}"))
    text.extend(_about_ignored(report))
    return "\n".join(text) + "\n"


def _block(drift: Drift, paint: Paint, *, asked_who: bool) -> Iterator[str]:
    head = paint(_COLOURS[drift.verdict], f"{_SYMBOLS[drift.verdict]} {drift.kind:<{_WORD}}")
    named = f"{drift.logical_name} ({drift.job})"
    yield f"  {head} {printable(named)}  {KINDS[drift.kind].meaning}"
    for detail in _details(drift, asked_who=asked_who):
        yield f"      {detail}"


def _details(drift: Drift, *, asked_who: bool) -> Iterator[str]:
    if drift.detail:
        yield printable(drift.detail)
    if asked_who and not drift.calls and drift.kind in OPERATIONS:
        yield "Who did it is not in CloudTrail's event history."
    for call in drift.calls:
        when = call.time.isoformat(timespec="seconds")
        yield printable(f"{call.operation} by {call.who} at {when}")


def _about_ignored(report: DriftReport) -> Iterator[str]:
    for drift, ignored in report.ignored:
        yield printable(f"Ignored until {ignored.until}: {drift.kind} of {drift.logical_name}: "
                        f"{ignored.reason}")  # fmt: skip
    for each in report.expired:
        yield printable(f"Warning: ignored until {each.until} only: {each.kind} of {each.jobs}: "
                        f"{each.reason}")  # fmt: skip


def _markdown(report: DriftReport) -> str:
    text = [f"### {title(report)}", f"account {report.account}, {report.region}"]
    items = [
        f"- **{_SYMBOLS[drift.verdict]} {drift.kind}** "
        f"{code(f'{drift.logical_name} ({drift.job})')} {prose(KINDS[drift.kind].meaning)}"
        + "".join(f"\n  - {code(detail)}" for detail in _details(drift, asked_who=report.asked_who))
        for drift in report.drifts
    ]
    items += [f"- **? not read** {code(name)} {prose(why)}" for name, why in report.unread]
    advice = [f"- {kind}: {KINDS[kind].advice}" for kind in DriftKind if _has(report, kind)]
    ignored = [f"- {prose(line)}" for line in _about_ignored(report)]
    parts = [*text, "\n".join(items), "\n".join(advice), "\n".join(ignored)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _has(report: DriftReport, kind: DriftKind) -> bool:
    return any(drift.kind is kind for drift in report.drifts)


def to_json(report: DriftReport) -> dict[str, Json]:
    """Return a report's JSON form."""
    return {
        "kind": "neoctl-drift",
        "format_version": FORMAT_VERSION,
        "made": report.made.isoformat(timespec="seconds"),
        "account": report.account,
        "region": report.region,
        "checked": report.checked,
        "calls_for_action": report.calls_for_action,
        "drifts": [_drift_json(drift) for drift in report.drifts],
        "ignored": [
            {**_drift_json(drift), "ignored": _ignored_json(each)} for drift, each in report.ignored
        ],
        "not_read": [{"logical_name": name, "reason": why} for name, why in report.unread],
        "expired": [_ignored_json(each) for each in report.expired],
    }


def _drift_json(drift: Drift) -> dict[str, Json]:
    return {
        "drift": drift.kind.value,
        "verdict": drift.verdict.value,
        "owner": drift.owner,
        "logical_name": drift.logical_name,
        "job": drift.job,
        "detail": drift.detail,
        "calls": [
            {"operation": call.operation, "who": call.who, "time": call.time.isoformat()}
            for call in drift.calls
        ],
    }


def _ignored_json(each: IgnoredDrift) -> dict[str, Json]:
    return {
        "kind": each.kind.value, "jobs": each.jobs, "reason": each.reason,
        "until": each.until.isoformat(),
    }  # fmt: skip
