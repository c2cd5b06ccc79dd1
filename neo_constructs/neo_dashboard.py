"""NeoDashboard: how far fleets are, what fails, how long compilations take, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from neo_constructs.compilation_fleet import CompilationFleet
from neo_constructs.errors import ConstructError

FAILURE_CLASSES: Final = (
    "input", "permission", "timeout", "stopped", "system", "refused", "conflict",
)  # fmt: skip
_HALF: Final = 12


class NeoDashboard(Construct):
    """A CloudWatch dashboard of fleets."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        fleets: Sequence[CompilationFleet],
        dashboard_name: str | None = None,
    ) -> None:
        """Make a dashboard.

        Args:
            scope: The parent construct.
            id: The construct's id.
            fleets: What it shows, one section each.
            dashboard_name: Its name. Default: one that CloudFormation makes.

        Raises:
            ConstructError: There is no fleet.
        """
        super().__init__(scope, id)
        if not fleets:
            raise ConstructError(self.node.path, "fleets is empty; give at least one")
        self.dashboard = cloudwatch.Dashboard(self, "Resource", dashboard_name=dashboard_name)
        for fleet in fleets:
            self.dashboard.add_widgets(*_section(fleet))

    def add_widgets(self, *widgets: cloudwatch.IWidget) -> None:
        """Add widgets of your own, below."""
        self.dashboard.add_widgets(*widgets)


def _section(fleet: CompilationFleet) -> list[cloudwatch.IWidget]:
    metrics = fleet.metrics
    states = [metrics.jobs_completed(), metrics.jobs_pending(), metrics.jobs_failed()]
    return [
        cloudwatch.TextWidget(markdown=f"# {fleet.node.path}", width=2 * _HALF, height=1),
        cloudwatch.SingleValueWidget(title="Jobs", metrics=[metrics.jobs_total(), *states],
                                     width=2 * _HALF, height=3),
        cloudwatch.GraphWidget(title="Jobs by state", left=states, stacked=True, width=_HALF),
        cloudwatch.GraphWidget(
            title="Failures by class", stacked=True, width=_HALF,
            left=[metrics.failures(kind, label=kind) for kind in FAILURE_CLASSES],
        ),
        cloudwatch.GraphWidget(
            title="Compilation, seconds", width=_HALF,
            left=[metrics.compile_seconds(statistic=each, label=each) for each in ("p50", "p90")],
        ),
        cloudwatch.GraphWidget(
            title="Changes and drift", width=_HALF,
            left=[metrics.jobs_created(), metrics.jobs_stopped(), metrics.drift_found(),
                  metrics.quota_reached()],
        ),
    ]  # fmt: skip
