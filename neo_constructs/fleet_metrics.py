"""Metrics of a fleet, as its functions write them in embedded metric format."""

from __future__ import annotations

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from reconciler.core.measures import NAMESPACE

_PERIOD_MINUTES: Final = 5


class FleetMetrics:
    """CloudWatch metrics by the fleet's owner. Every method takes `cloudwatch.Metric`'s options."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def metric(
        self,
        name: str,
        *,
        dimensions: dict[str, str] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> cloudwatch.Metric:
        """Any metric of the fleet by its name; by default its maximum over five minutes."""
        given: dict[str, Any] = {
            "statistic": "Maximum", "period": cdk.Duration.minutes(_PERIOD_MINUTES), **options,
        }  # fmt: skip
        return cloudwatch.Metric(
            namespace=NAMESPACE, metric_name=name,
            dimensions_map={"Fleet": self._owner, **(dimensions or {})}, **given,
        )  # fmt: skip

    def jobs_total(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many jobs are declared."""
        return self.metric("JobsTotal", **options)

    def jobs_completed(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many are COMPLETED."""
        return self.metric("JobsCompleted", **options)

    def jobs_failed(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many have failed, with no attempt left."""
        return self.metric("JobsFailed", **options)

    def jobs_pending(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many have not ended, or wait for being created."""
        return self.metric("JobsPending", **options)

    def jobs_created(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many were created; by default the sum over five minutes."""
        return self.metric("JobsCreated", **{"statistic": "Sum", **options})

    def jobs_stopped(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many were stopped; by default the sum over five minutes."""
        return self.metric("JobsStopped", **{"statistic": "Sum", **options})

    def compile_seconds(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How long compilations took; by default the 90th percentile."""
        return self.metric("CompileSeconds", **{"statistic": "p90", **options})

    def drift_found(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many jobs a ContinuousReconciliation found not as they were left."""
        return self.metric("DriftFound", **options)

    def quota_reached(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """1 while the account's quota of compilation jobs holds the fleet up."""
        return self.metric("QuotaReached", **options)

    def failures(self, kind: str, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How many jobs failed for reasons of one class: input, permission, timeout, stopped,
        system, refused or conflict.
        """
        return self.metric("FailuresByClass", dimensions={"Class": kind}, **options)
