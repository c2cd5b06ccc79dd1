"""A fleet's metrics, in CloudWatch's embedded metric format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from reconciler.core.identity import Owner
from reconciler.engine.report import Report
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.handler.cfn.emf import metric_line

_MOST_VALUES: Final = 100


def metrics(
    owner: Owner, report: Report, snapshot: FleetSnapshot, now: datetime, drift: int | None = None
) -> Iterator[str]:
    """Return the metric lines of one pass.

    Args:
        owner: The fleet; the dimension ``Fleet``.
        report: The pass's result.
        snapshot: What it read.
        now: When it ended.
        drift: How many changes a fleet at rest needed; None if that was not looked for.
    """
    counts, done = report.counts, report.outcome.counts
    values: dict[str, float | list[float]] = {
        "JobsTotal": counts.total,
        "JobsCompleted": counts.completed,
        "JobsFailed": counts.failed,
        "JobsPending": counts.pending,
        "JobsCreated": done.get("create", 0) + done.get("next attempt", 0),
        "JobsStopped": done.get("stop", 0),
        "RecordsDeleted": done.get("delete", 0),
        "QuotaReached": int(bool(report.outcome.quota)),
    }
    if drift is not None:
        values["DriftFound"] = drift
    yield _line(owner, now, values, {})
    for kind, count in sorted(report.classes.items()):
        yield _line(owner, now, {"FailuresByClass": count}, {"Class": kind})
    seconds = [
        record.seconds
        for name in snapshot.newly_finished
        if (record := snapshot.records.get(name)) is not None and record.seconds is not None
    ]
    for start in range(0, len(seconds), _MOST_VALUES):
        yield _line(owner, now, {"CompileSeconds": seconds[start : start + _MOST_VALUES]}, {})


def _line(
    owner: Owner,
    now: datetime,
    values: Mapping[str, float | list[float]],
    dimensions: Mapping[str, str],
) -> str:
    return metric_line(now, values, {"Fleet": owner.name, **dimensions})
