"""The metric lines of a fleet's pass: every metric, its value and its dimensions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from reconciler.core.fleet.job_record import JobRecord, RecordState
from reconciler.core.fleet.manifest import Counts
from reconciler.core.identity import Owner
from reconciler.engine.act import PassOutcome
from reconciler.engine.report import Report
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.handler.fleet.metrics import metrics

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def lines(
    outcome: PassOutcome, *, drift: int | None = None, compiled: list[float | None] | None = None,
    classes: dict[str, int] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    counts = Counts(total=9, completed=4, failed=2, pending=3, accepted=1)
    report = Report({}, counts, {}, classes or {}, {}, "", "", outcome)
    records = {
        f"job-{number}": JobRecord(RecordState.ENDED, NOW, seconds=seconds)
        for number, seconds in enumerate(compiled or [])
    }
    snapshot = FleetSnapshot({}, {}, records, newly_finished=[*records, "job-unread"])
    return [json.loads(line) for line in metrics(Owner("team"), report, snapshot, NOW, drift)]


def test_a_pass_tells_its_counts_and_what_it_changed() -> None:
    done = {"create": 3, "next attempt": 2, "stop": 5, "delete": 7, "retag": 11}
    [line] = lines(PassOutcome(counts=done))
    header = line.pop("_aws")
    assert line == {
        "Fleet": "team", "JobsTotal": 9, "JobsCompleted": 4, "JobsFailed": 2, "JobsPending": 3,
        "JobsCreated": 5, "JobsStopped": 5, "RecordsDeleted": 7, "QuotaReached": 0,
    }  # fmt: skip
    assert header["Timestamp"] == 1_795_176_000_000
    [told] = header["CloudWatchMetrics"]
    assert told["Namespace"] == "NeoAsCode"
    assert told["Dimensions"] == [["Fleet"]]
    assert {each["Name"] for each in told["Metrics"]} == line.keys() - {"Fleet"}
    assert {each["Unit"] for each in told["Metrics"]} == {"Count"}


def test_a_pass_that_changed_nothing_tells_zeros() -> None:
    [line] = lines(PassOutcome())
    told = [line[name] for name in ("JobsCreated", "JobsStopped", "RecordsDeleted")]
    assert told == [0, 0, 0]


def test_a_quota_that_is_used_up_and_drift_are_told() -> None:
    [line] = lines(PassOutcome(quota="ResourceLimitExceeded: 50"), drift=4)
    assert (line["QuotaReached"], line["DriftFound"]) == (1, 4)
    [line] = lines(PassOutcome(), drift=0)
    assert (line["QuotaReached"], line["DriftFound"]) == (0, 0)


def test_failures_are_told_by_class() -> None:
    _, first, second = lines(PassOutcome(), classes={"refused": 2, "input": 1})
    assert (first["Class"], first["FailuresByClass"]) == ("input", 1)
    assert (second["Class"], second["FailuresByClass"], second["Fleet"]) == ("refused", 2, "team")
    assert first["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Fleet", "Class"]]


def test_seconds_are_told_once_each_a_hundred_a_line() -> None:
    seconds: list[float | None] = [float(number) for number in range(250)]
    _, *rest = lines(PassOutcome(), compiled=[*seconds, None])
    assert [len(line["CompileSeconds"]) for line in rest] == [100, 100, 50]
    assert [value for line in rest for value in line["CompileSeconds"]] == seconds
    assert rest[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [
        {"Name": "CompileSeconds", "Unit": "Seconds"}
    ]
