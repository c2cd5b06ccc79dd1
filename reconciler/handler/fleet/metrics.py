"""A fleet's metrics, in CloudWatch's embedded metric format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from reconciler.core import metric_names
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
        metric_names.JOBS_TOTAL: counts.total,
        metric_names.JOBS_COMPLETED: counts.completed,
        metric_names.JOBS_FAILED: counts.failed,
        metric_names.JOBS_PENDING: counts.pending,
        metric_names.JOBS_CREATED: done.get("create", 0) + done.get("next attempt", 0),
        metric_names.JOBS_STOPPED: done.get("stop", 0),
        metric_names.RECORDS_DELETED: done.get("delete", 0),
        metric_names.QUOTA_REACHED: int(bool(report.outcome.quota)),
    }
    if drift is not None:
        values[metric_names.DRIFT_FOUND] = drift
    if report.unverified is not None:
        values[metric_names.JOBS_UNVERIFIED] = len(report.unverified)
    yield _line(owner, now, values, {})
    for kind, count in sorted(report.classes.items()):
        yield _line(owner, now, {metric_names.FAILURES_BY_CLASS: count}, {metric_names.CLASS: kind})
    seconds = [
        record.seconds
        for name in snapshot.newly_finished
        if (record := snapshot.records.get(name)) is not None and record.seconds is not None
    ]
    for start in range(0, len(seconds), _MOST_VALUES):
        yield _line(
            owner, now, {metric_names.COMPILE_SECONDS: seconds[start : start + _MOST_VALUES]}, {}
        )


def _line(
    owner: Owner,
    now: datetime,
    values: Mapping[str, float | list[float]],
    dimensions: Mapping[str, str],
) -> str:
    return metric_line(now, values, {metric_names.FLEET: owner.name, **dimensions})
