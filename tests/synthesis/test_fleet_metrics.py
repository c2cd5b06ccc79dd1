"""Metrics in embedded form, and that the constructs ask for what the functions write."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import aws_cdk as cdk

from neo_constructs.metrics.fleet import FLEET_FAILURES, FleetMetrics
from reconciler.core.failure import FailureKind
from reconciler.core.fleet.job_record import JobRecord, RecordState
from reconciler.core.fleet.manifest import Counts
from reconciler.core.identity import Owner
from reconciler.core.metric_names import NAMESPACE
from reconciler.engine.act import PassOutcome
from reconciler.engine.report import Report
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.handler.fleet.metrics import metrics

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWNER = Owner("f0a1b2c3dabcdef")


def lines(compiled: int = 0) -> list[dict[str, Any]]:
    counts = Counts(total=9, completed=5, failed=3, pending=1, accepted=1)
    classes = {"input": 2, "conflict": 1}
    outcome = PassOutcome(counts={"create": 2, "next attempt": 1, "stop": 4}, quota="no more")
    records = {
        f"j{number}": JobRecord(RecordState.ENDED, NOW, "COMPLETED", seconds=60.0 + number)
        for number in range(compiled)
    }
    snapshot = FleetSnapshot({}, {}, records, newly_finished=[*records])
    report = Report(
        {}, counts, {}, classes, {}, "", "digest", outcome, unverified={"net": "NEO902"}
    )
    return [json.loads(line) for line in metrics(OWNER, report, snapshot, NOW, drift=7)]


def test_every_line_declares_what_it_holds_and_holds_what_it_declares() -> None:
    for line in lines(compiled=3):
        [declared] = line["_aws"]["CloudWatchMetrics"]
        assert declared["Namespace"] == NAMESPACE
        [dimensions] = declared["Dimensions"]
        names = {each["Name"] for each in declared["Metrics"]}
        assert line.keys() - {"_aws"} == names | {*dimensions}
        assert all(isinstance(line[name], str) for name in dimensions)
        assert line["_aws"]["Timestamp"] == int(NOW.timestamp() * 1000)


def test_counts_changes_classes_and_seconds_are_told() -> None:
    first, conflict, broken, seconds = lines(compiled=2)
    told = {name: value for name, value in first.items() if name.startswith(("Jobs", "Quota"))}
    assert told == {
        "JobsTotal": 9, "JobsCompleted": 5, "JobsFailed": 3, "JobsPending": 1, "JobsCreated": 3,
        "JobsStopped": 4, "JobsUnverified": 1, "QuotaReached": 1,
    }  # fmt: skip
    assert first["DriftFound"] == 7
    assert (conflict["Class"], conflict["FailuresByClass"]) == ("conflict", 1)
    assert (broken["Class"], broken["FailuresByClass"]) == ("input", 2)
    assert seconds["CompileSeconds"] == [60.0, 61.0]


def test_no_line_has_more_than_a_hundred_values() -> None:
    values = [line["CompileSeconds"] for line in lines(compiled=250) if "CompileSeconds" in line]
    assert [len(each) for each in values] == [100, 100, 50]


class Asked(FleetMetrics):
    """The metrics of one fleet."""

    def _metric_dimensions(self) -> dict[str, str]:
        return {"Fleet": OWNER.name}


def test_the_constructs_ask_for_metrics_that_are_written() -> None:
    written: set[str] = set()
    for line in lines(compiled=1):
        written |= {each["Name"] for each in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    asked = Asked()
    names = [name for name in dir(FleetMetrics) if name.startswith("metric_")]
    made = [getattr(asked, name)() for name in names if name != "metric_failures"]
    made.append(asked.metric_failures("input", period=cdk.Duration.hours(1)))
    assert {each.metric_name for each in made} == written
    assert {each.namespace for each in made} == {NAMESPACE}
    assert {*FLEET_FAILURES} == {*FailureKind, "refused", "conflict"}
