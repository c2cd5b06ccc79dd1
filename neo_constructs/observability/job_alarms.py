"""Alarms on single jobs, or on all of a stack."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from neo_constructs.metrics.job import JobMetrics
from neo_constructs.observability.alarm import alarm_from
from neo_constructs.request.argument_types import check_arguments, checked
from neo_constructs.synth.unpacked_signature import signed


@signed
class JobAlarms(Construct):
    """Alarms on failed operations, missing artifacts and compilations that take too long.

    Each alarm is an attribute, None where there is nothing to watch. A failed deployment reports
    the same to whoever runs it; the alarms notify everyone else.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        watched: JobMetrics,
        actions: Sequence[cloudwatch.IAlarmAction] = (),
        slower_than: cdk.Duration | None = None,
    ) -> None:
        """Watch a job, or all jobs of a stack.

        Args:
            scope: The parent construct.
            id: The construct's id.
            watched: A CompilationJob, or ``NeoCompilationProvider.of(stack)``: all jobs of a
                stack.
            actions: What alarms do, such as `SnsAction(topic)`.
            slower_than: The compile time that is too long. Default: no such alarm.
        """
        super().__init__(scope, id)
        check_arguments(self.node.path, {"watched": watched, "slower_than": slower_than})
        self.failed = alarm_from(
            self, "Failed", watched.metric_failed(), "Compilation jobs have failed", actions
        )
        self.drift = alarm_from(
            self,
            "Drift",
            watched.metric_drift_found(),
            "A compilation job, or its artifact, was gone",
            actions,
        )
        self.slow: cloudwatch.Alarm | None = None
        if slower_than is not None:
            self.slow = alarm_from(
                self,
                "Slow",
                watched.metric_compile_seconds(statistic="Maximum"),
                "A compilation took too long",
                actions,
                threshold=slower_than.to_seconds(),
            )
