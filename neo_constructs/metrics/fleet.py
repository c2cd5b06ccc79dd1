"""Metrics of a fleet, as its functions write them in embedded metric format."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Unpack

from neo_constructs.metrics.measured import Measured, MetricOptions
from reconciler.core.metric_names import CONFLICT, REFUSED

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

FLEET_FAILURES: Final = (
    "input", "permission", "timeout", "stopped", "system", REFUSED, CONFLICT,
)  # fmt: skip


class FleetMetrics(Measured):
    """`metric_*` of a fleet: how it stood at the end of each pass.

    Every method takes the options of `cloudwatch.Metric`.
    """

    _statistic: ClassVar[str] = "Maximum"

    def metric_jobs_total(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many jobs are declared."""
        return self.metric("JobsTotal", **options)

    def metric_jobs_completed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many are COMPLETED."""
        return self.metric("JobsCompleted", **options)

    def metric_jobs_failed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many have failed, with no attempt left."""
        return self.metric("JobsFailed", **options)

    def metric_jobs_pending(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many have not ended, or wait for being created."""
        return self.metric("JobsPending", **options)

    def metric_jobs_created(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many were created; by default the sum over five minutes."""
        options.setdefault("statistic", "Sum")
        return self.metric("JobsCreated", **options)

    def metric_jobs_stopped(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many were stopped; by default the sum over five minutes."""
        options.setdefault("statistic", "Sum")
        return self.metric("JobsStopped", **options)

    def metric_records_deleted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many finished records were deleted (``prune``); the sum over five minutes."""
        options.setdefault("statistic", "Sum")
        return self.metric("RecordsDeleted", **options)

    def metric_drift_found(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many jobs a ContinuousReconciliation found not as they were left."""
        return self.metric("DriftFound", **options)

    def metric_quota_reached(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """1 while the account's quota of compilation jobs holds the fleet up."""
        return self.metric("QuotaReached", **options)

    def metric_failures(self, kind: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many jobs failed for reasons of one class: input, permission, timeout, stopped,
        system, refused or conflict.
        """
        return self.metric("FailuresByClass", dimensions={"Class": kind}, **options)
