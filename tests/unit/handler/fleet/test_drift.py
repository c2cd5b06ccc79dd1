"""Drift: how many changes a fleet at rest turned out to need; a fleet under way has none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.core.fleet.manifest import Counts, Manifest, ManifestEntry
from reconciler.engine.reconcile import PassResult
from reconciler.engine.report import Report
from reconciler.engine.snapshot import FleetSnapshot
from reconciler.handler.fleet.schedule import drift_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ONE = {"one": ManifestEntry("team-one-id", "COMPLETED")}
REST = Manifest("team", 1, NOW, Counts(total=1, completed=1), ONE)
PENDING = Manifest("team", 1, NOW, Counts(total=1, pending=1), ONE)


@pytest.mark.parametrize(
    ("before", "drift"),
    [
        (REST, 3),
        (PENDING, 0),
        (Manifest("team", 1, None, Counts(total=1, completed=1), ONE), 0),
        (Manifest("team", 0, NOW, Counts(total=1, completed=1), ONE), 0),
        (Manifest("team", 1, NOW, Counts(), {}), 0),
    ],
    ids=["at rest", "under way", "never written", "no generation", "other jobs"],
)
def test_changes_are_drift_only_of_the_same_jobs_at_rest(before: Manifest, drift: int) -> None:
    report = Report(ONE, Counts(total=1, completed=1), {}, {}, {}, "", "")
    made = PassResult(report, FleetSnapshot({}, {}, {}), before, planned=3, unpruned=0)
    assert drift_of(made) == drift
