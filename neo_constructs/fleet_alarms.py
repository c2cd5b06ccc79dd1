"""Alarms on a fleet's metrics, with thresholds that make sense for most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from neo_constructs.compilation_fleet import CompilationFleet
from neo_constructs.continuous_reconciliation import ContinuousReconciliation

_HOURS_PENDING: Final = 6


class FleetAlarms(Construct):
    """Jobs that failed, jobs that stay pending, drift, and reconciliations that did not run.

    Each alarm is an attribute, None where there is nothing to watch.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        fleet: CompilationFleet,
        reconciliation: ContinuousReconciliation | None = None,
        actions: Sequence[cloudwatch.IAlarmAction] = (),
        pending_for: cdk.Duration | None = None,
    ) -> None:
        """Watch a fleet.

        Args:
            scope: The parent construct.
            id: The construct's id.
            fleet: What is watched.
            reconciliation: Its schedule; with it, drift and lost runs are watched too.
            actions: What alarms do, such as `SnsAction(topic)`.
            pending_for: How long jobs may stay pending. Default: 6 hours, at most 24.
        """
        super().__init__(scope, id)
        self._actions = list(actions)
        hours = (pending_for or cdk.Duration.hours(_HOURS_PENDING)).to_hours()
        period = cdk.Duration.hours(1)
        self.failed = self._alarm(
            "Failed", fleet.metrics.jobs_failed(), "Compilation jobs of the fleet have failed"
        )
        self.pending = self._alarm(
            "Pending", fleet.metrics.jobs_pending(statistic="Minimum", period=period),
            "Compilation jobs of the fleet are pending for long", evaluation_periods=int(hours),
        )  # fmt: skip
        self.drift: cloudwatch.Alarm | None = None
        self.lost_runs: cloudwatch.Alarm | None = None
        if reconciliation is not None:
            self.drift = self._alarm(
                "Drift", fleet.metrics.drift_found(), "The fleet was not as it had been left"
            )
            queue = reconciliation.dead_letter_queue
            self.lost_runs = self._alarm(
                "LostRuns", queue.metric_approximate_number_of_messages_visible(),
                "Reconciliations of the fleet have failed",
            )  # fmt: skip

    def _alarm(
        self,
        id: str,
        metric: cloudwatch.IMetric,
        description: str,
        **options: Any,  # noqa: ANN401
    ) -> cloudwatch.Alarm:
        given: dict[str, Any] = {"evaluation_periods": 1, **options}
        alarm = cloudwatch.Alarm(
            self, id, metric=metric, threshold=1, alarm_description=description,
            comparison_operator=(
                cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING, **given,
        )  # fmt: skip
        if self._actions:
            alarm.add_alarm_action(*self._actions)
        return alarm
