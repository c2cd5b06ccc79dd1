"""What the metrics of jobs and of fleets have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

import aws_cdk as cdk

from reconciler.core.measures import NAMESPACE

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

_PERIOD_MINUTES: Final = 5


class Measured:
    """Something that the reconciler's functions write metrics of, in embedded metric format."""

    _statistic: ClassVar[str] = "Sum"

    @abstractmethod
    def _measured(self) -> dict[str, str]:
        """The dimensions."""

    def metric(
        self,
        metric_name: str,
        *,
        dimensions: dict[str, str] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> cloudwatch.Metric:
        """Any metric by its name, over five minutes: by default the sum, of fleets the maximum."""
        from aws_cdk import aws_cloudwatch as cloudwatch  # most stacks never ask for a metric

        usual = {"statistic": self._statistic, "period": cdk.Duration.minutes(_PERIOD_MINUTES)}
        return cloudwatch.Metric(
            namespace=NAMESPACE, metric_name=metric_name,
            dimensions_map={**self._measured(), **(dimensions or {})}, **{**usual, **options},
        )  # fmt: skip

    def metric_compile_seconds(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """How long compilations took; by default the 90th percentile."""
        return self.metric("CompileSeconds", **{"statistic": "p90", **options})
