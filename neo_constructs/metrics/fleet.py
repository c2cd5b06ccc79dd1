"""Metrics of a fleet, as its functions write them in embedded metric format."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Unpack

from neo_constructs.metrics.measured import Measured, MetricOptions
from reconciler.core import metric_names
from reconciler.core.metric_names import CONFLICT, REFUSED

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

FLEET_FAILURES: Final = (
    "input", "permission", "timeout", "stopped", "system", REFUSED, CONFLICT,
)  # fmt: skip


class FleetMetrics(Measured):
    """`metric_*` of a fleet, written at the end of each pass.

    Every method takes the options of `cloudwatch.Metric`.
    """

    _statistic: ClassVar[str] = "Maximum"

    def metric_jobs_total(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of declared jobs."""
        return self.metric(metric_names.JOBS_TOTAL, **options)

    def metric_jobs_completed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of COMPLETED jobs."""
        return self.metric(metric_names.JOBS_COMPLETED, **options)

    def metric_jobs_failed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of failed jobs with no attempt left."""
        return self.metric(metric_names.JOBS_FAILED, **options)

    def metric_jobs_pending(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of jobs that run or wait to be created."""
        return self.metric(metric_names.JOBS_PENDING, **options)

    def metric_jobs_created(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of created jobs; by default the sum over five minutes."""
        options.setdefault("statistic", "Sum")
        return self.metric(metric_names.JOBS_CREATED, **options)

    def metric_jobs_stopped(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of stopped jobs; by default the sum over five minutes."""
        options.setdefault("statistic", "Sum")
        return self.metric(metric_names.JOBS_STOPPED, **options)

    def metric_jobs_unverified(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of jobs whose artifacts are not what was ordered, with ``verify``."""
        return self.metric(metric_names.JOBS_UNVERIFIED, **options)

    def metric_records_deleted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of deleted records (``prune``); the sum over five minutes."""
        options.setdefault("statistic", "Sum")
        return self.metric(metric_names.RECORDS_DELETED, **options)

    def metric_drift_found(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of drifted jobs that a ContinuousReconciliation found."""
        return self.metric(metric_names.DRIFT_FOUND, **options)

    def metric_quota_reached(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return 1 while the account's quota of compilation jobs delays the fleet."""
        return self.metric(metric_names.QUOTA_REACHED, **options)

    def metric_failures(self, kind: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of jobs that failed by class: input, permission, timeout, stopped,
        system, refused, conflict or unverified.
        """
        return self.metric(
            metric_names.FAILURES_BY_CLASS, dimensions={metric_names.CLASS: kind}, **options
        )
