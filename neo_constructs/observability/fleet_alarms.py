"""Alarms on a fleet's metrics, with thresholds that make sense for most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from neo_constructs.fleet.compilation_fleet import CompilationFleet
from neo_constructs.fleet.continuous_reconciliation import ContinuousReconciliation
from neo_constructs.observability.alarm import alarm_from
from neo_constructs.request.argument_types import check_arguments, checked
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import whole_seconds
from neo_constructs.synth.unpacked_signature import signed

_HOUR: Final = 3_600
_SECONDS_PENDING: Final = 6 * _HOUR
_MOST_HOURS: Final = 24


@signed
class FleetAlarms(Construct):
    """Alarms on failed and pending jobs, drift, and reconciliations that did not run.

    Each alarm is an attribute, None where there is nothing to watch.
    """

    @checked
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
            pending_for: How long jobs may stay pending: 1 to 24 hours, 6 by default.
        """
        super().__init__(scope, id)
        check_arguments(
            self.node.path,
            {"fleet": fleet, "reconciliation": reconciliation, "pending_for": pending_for},
        )
        seconds = _SECONDS_PENDING if pending_for is None else whole_seconds(pending_for)
        hours, rest = divmod(seconds, _HOUR)
        if rest or not 1 <= hours <= _MOST_HOURS:
            raise ConstructError(
                self.node.path,
                f"pending_for is {seconds:.0f} seconds; allowed are 1 to {_MOST_HOURS} whole "
                "hours, as cdk.Duration.hours(6)",
            )
        self.failed = alarm_from(
            self,
            "Failed",
            fleet.metric_jobs_failed(),
            "Compilation jobs of the fleet have failed",
            actions,
        )
        self.pending = alarm_from(
            self,
            "Pending",
            fleet.metric_jobs_pending(statistic="Minimum", period=cdk.Duration.hours(1)),
            "Compilation jobs of the fleet are pending for long",
            actions,
            evaluation_periods=int(hours),
        )
        self.drift: cloudwatch.Alarm | None = None
        self.lost_runs: cloudwatch.Alarm | None = None
        if reconciliation is not None:
            self.drift = alarm_from(
                self,
                "Drift",
                fleet.metric_drift_found(),
                "The fleet was not as it had been left",
                actions,
            )
            self.lost_runs = alarm_from(
                self,
                "LostRuns",
                reconciliation.dead_letter_queue.metric_approximate_number_of_messages_visible(),
                "Reconciliations of the fleet have failed",
                actions,
            )
