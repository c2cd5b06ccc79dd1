"""What metrics of jobs and fleets have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypedDict, Unpack

import aws_cdk as cdk

from reconciler.core import metric_names
from reconciler.core.metric_names import NAMESPACE

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

_PERIOD_MINUTES: Final = 5


class MetricOptions(TypedDict, total=False):
    """CDK's cloudwatch.MetricOptions, as keywords; the dimensions are the construct's own."""

    account: str
    color: str
    id: str
    label: str
    period: cdk.Duration
    region: str
    stack_account: str
    stack_region: str
    statistic: str
    unit: cloudwatch.Unit
    visible: bool


class Measured:
    """A source of metrics that the reconciler's functions write in embedded metric format."""

    _statistic: ClassVar[str] = "Sum"

    @abstractmethod
    def _metric_dimensions(self) -> dict[str, str]:
        """Return the dimensions."""

    def metric(
        self,
        metric_name: str,
        *,
        dimensions: dict[str, str] | None = None,
        **options: Unpack[MetricOptions],
    ) -> cloudwatch.Metric:
        """Return a metric by name over five minutes: by default the sum, of fleets the maximum."""
        from aws_cdk import aws_cloudwatch as cloudwatch  # most stacks never ask for a metric

        period = cdk.Duration.minutes(_PERIOD_MINUTES)
        given: dict[str, Any] = {"statistic": self._statistic, "period": period, **options}
        return cloudwatch.Metric(
            namespace=NAMESPACE, metric_name=metric_name,
            dimensions_map={**self._metric_dimensions(), **(dimensions or {})}, **given,
        )  # fmt: skip

    def metric_compile_seconds(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the compile time; by default the 90th percentile."""
        options.setdefault("statistic", "p90")
        return self.metric(metric_names.COMPILE_SECONDS, **options)
