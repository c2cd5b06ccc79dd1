"""NeoDashboard: state, failures and compile times of jobs and fleets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from neo_constructs.fleet.compilation_fleet import CompilationFleet
from neo_constructs.job.compilation_job import CompilationJob
from neo_constructs.metrics.fleet import FLEET_FAILURES
from neo_constructs.metrics.job import JOB_FAILURES
from neo_constructs.provider.compilation_provider import NeoCompilationProvider
from neo_constructs.request.argument_types import check_arguments, checked
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.unpacked_signature import signed

LINES_A_GRAPH: Final = 50
_HALF: Final = 12


@signed
class NeoDashboard(Construct):
    """A CloudWatch dashboard of compilation jobs and fleets."""

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        fleets: Sequence[CompilationFleet] = (),
        jobs: Iterable[CompilationJob] = (),
        dashboard_name: str | None = None,
    ) -> None:
        """Make a dashboard.

        Args:
            scope: The parent construct.
            id: The construct's id.
            fleets: Fleets that it shows, one section each.
            jobs: Single jobs that it shows, one section for those of a stack. The section's
                counts are of all jobs of that stack; its lines are of the jobs given.
            dashboard_name: Its name. Default: one that CloudFormation makes.

        Raises:
            ConstructError: There is neither a fleet nor a job.
        """
        super().__init__(scope, id)
        check_arguments(self.node.path, {"fleets": fleets, "jobs": jobs})
        given = list(jobs)
        for job in given:
            check_arguments(f"{self.node.path}: jobs", {"job": job})
        if not fleets and not given:
            raise ConstructError(
                self.node.path, "fleets and jobs are empty; give at least one fleet or job"
            )
        self.dashboard = cloudwatch.Dashboard(self, "Resource", dashboard_name=dashboard_name)
        for provider, shown in _by_provider(given):
            self.dashboard.add_widgets(*_stack_section(provider, shown))
        for fleet in fleets:
            self.dashboard.add_widgets(*_fleet_section(fleet))

    def add_widgets(self, *widgets: cloudwatch.IWidget) -> None:
        """Add widgets of your own, below."""
        self.dashboard.add_widgets(*widgets)


def _by_provider(
    jobs: Iterable[CompilationJob],
) -> Iterator[tuple[NeoCompilationProvider, list[CompilationJob]]]:
    grouped: dict[NeoCompilationProvider, list[CompilationJob]] = {}
    for job in jobs:
        grouped.setdefault(job.provider, []).append(job)
    yield from grouped.items()


def _stack_section(
    stack: NeoCompilationProvider, jobs: Sequence[CompilationJob]
) -> list[cloudwatch.IWidget]:
    counts = [stack.metric_created(), stack.metric_completed(), stack.metric_failed(),
              stack.metric_stopped()]  # fmt: skip
    return [
        _title(f"{stack.stack.node.path or stack.stack.stack_name}: compilation jobs"),
        cloudwatch.SingleValueWidget(
            title="Jobs, in the time shown", metrics=counts, set_period_to_time_range=True,
            width=2 * _HALF, height=3,
        ),
        _graph("Jobs", counts),
        _graph(
            "Failures by class", [stack.metric_failures(kind, label=kind) for kind in JOB_FAILURES]
        ),
        _graph("Compilation, seconds", _percentiles(stack)),
        _graph("Drift", [stack.metric_drift_found()]),
        *_graphs_of_each(jobs),
    ]  # fmt: skip


def _graphs_of_each(jobs: Sequence[CompilationJob]) -> Iterator[cloudwatch.IWidget]:
    for start in range(0, len(jobs), LINES_A_GRAPH):
        shown = jobs[start : start + LINES_A_GRAPH]
        yield _graph(
            "Compilation of each, seconds",
            [job.metric_compile_seconds(statistic="Maximum", label=job.node.path) for job in shown],
        )
        yield _graph("Failures of each", [job.metric_failed(label=job.node.path) for job in shown])


def _fleet_section(fleet: CompilationFleet) -> list[cloudwatch.IWidget]:
    states = [fleet.metric_jobs_completed(), fleet.metric_jobs_pending(),
              fleet.metric_jobs_failed()]  # fmt: skip
    return [
        _title(fleet.node.path),
        cloudwatch.SingleValueWidget(
            title="Jobs", metrics=[fleet.metric_jobs_total(), *states], width=2 * _HALF, height=3
        ),
        _graph("Jobs by state", states, stacked=True),
        _graph(
            "Failures by class",
            [fleet.metric_failures(kind, label=kind) for kind in FLEET_FAILURES],
            stacked=True,
        ),
        _graph("Compilation, seconds", _percentiles(fleet)),
        _graph(
            "Changes and drift",
            [fleet.metric_jobs_created(), fleet.metric_jobs_stopped(), fleet.metric_drift_found(),
             fleet.metric_quota_reached()],
        ),
    ]  # fmt: skip


def _percentiles(measured: NeoCompilationProvider | CompilationFleet) -> list[cloudwatch.Metric]:
    return [measured.metric_compile_seconds(statistic=each, label=each) for each in ("p50", "p90")]


def _title(text: str) -> cloudwatch.IWidget:
    return cloudwatch.TextWidget(markdown=f"# {text}", width=2 * _HALF, height=1)


def _graph(
    title: str, metrics: list[cloudwatch.Metric], *, stacked: bool = False
) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, stacked=stacked, width=_HALF)
