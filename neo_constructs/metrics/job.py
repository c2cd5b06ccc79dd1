"""Metrics of single jobs, as their provider's functions write them in embedded metric format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from neo_constructs.metrics.measured import Measured, MetricOptions
from reconciler.core import metric_names
from reconciler.core.metric_names import CONFLICT, DEADLINE, REFUSED, dimension

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

JOB_FAILURES: Final = (
    "input", "permission", "timeout", "stopped", "system", REFUSED, CONFLICT, DEADLINE,
)  # fmt: skip


def job_dimensions(stack: str, logical_name: str) -> dict[str, str]:
    """Return the dimensions of a job's metrics, which stay when it is compiled again."""
    return {metric_names.STACK: stack, metric_names.JOB: dimension(logical_name)}


class JobMetrics(Measured):
    """`metric_*` of a job, or of all jobs of a stack, written during deployments.

    Every method takes the options of `cloudwatch.Metric`.
    """

    def metric_created(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of created jobs, further attempts included."""
        return self.metric(metric_names.JOBS_CREATED, **options)

    def metric_completed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of jobs that completed while a deployment waited for them."""
        return self.metric(metric_names.JOBS_COMPLETED, **options)

    def metric_failed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of failed operations on a job's resource, for any reason."""
        return self.metric(metric_names.JOBS_FAILED, **options)

    def metric_unverified(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how often an artifact was not what was ordered, with ``verify``."""
        return self.metric(metric_names.JOBS_UNVERIFIED, **options)

    def metric_stopped(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of live jobs that were stopped."""
        return self.metric(metric_names.JOBS_STOPPED, **options)

    def metric_drift_found(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how often an update found an unchanged job, or its artifact, missing."""
        return self.metric(metric_names.DRIFT_FOUND, **options)


class StackJobMetrics(JobMetrics):
    """`metric_*` of all jobs of a stack together, and their failures by class."""

    def metric_failures(self, kind: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of failed operations by class: input, permission, timeout,
        stopped, system, refused, conflict, deadline or unverified.
        """
        return self.metric(
            metric_names.FAILURES_BY_CLASS, dimensions={metric_names.CLASS: kind}, **options
        )
