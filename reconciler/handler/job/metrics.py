"""Metrics of single jobs: of the stack, and of each job in it.

The dimensions are the stack's name and the job's logical name, both of which outlive a change of
the job; never a job's own name, which would make new metrics, and new costs, with every compile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reconciler.core import metric_names
from reconciler.core.metric_names import dimension
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ports import Clock
from reconciler.handler.cfn.emf import metric_line

Emit = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Meter:
    """Emits the metrics of one operation.

    Attributes:
        emit: Write one line to the log as it is.
        job: The logical name; empty if it is not known (a Delete of what was never valid).
    """

    emit: Emit
    clock: Clock
    stack: str
    job: str

    def count(self, metric: str) -> None:
        """Count one event: ``JobsCreated``, ``JobsStopped``, ``DriftFound``…"""
        self._emit({metric: 1})

    def succeeded(self, job: ObservedJob, began: datetime) -> None:
        """Count a success, if the job was compiled since the operation began."""
        if job.phase is not Phase.COMPLETED or job.changed is None or job.changed < began:
            return
        values = {metric_names.JOBS_COMPLETED: 1.0}
        if job.compile_seconds is not None:
            values[metric_names.COMPILE_SECONDS] = job.compile_seconds
        self._emit(values)

    def failed(self, kind: str) -> None:
        """Count a failure of this class."""
        self.count(metric_names.JOBS_FAILED)
        dimensions = {metric_names.STACK: self.stack, metric_names.CLASS: kind}
        self.emit(metric_line(self.clock.now(), {metric_names.FAILURES_BY_CLASS: 1}, dimensions))

    def _emit(self, values: dict[str, float]) -> None:
        dimensions = {metric_names.STACK: self.stack}
        sets = [[metric_names.STACK]]
        if self.job:
            dimensions[metric_names.JOB] = dimension(self.job)
            sets.append([metric_names.STACK, metric_names.JOB])
        self.emit(metric_line(self.clock.now(), values, dimensions, sets))
