"""Metrics of single jobs: of the stack, and of each job in it.

The dimensions are the stack's name and the job's logical name, both of which outlive a change of
the job; never a job's own name, which would make new metrics, and new costs, with every compile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reconciler.core.metric_names import dimension
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.ports import Clock
from reconciler.handler.cfn.emf import metric_line

Emit = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Meter:
    """Tells what one operation does.

    Attributes:
        emit: Writes one line to the log as it is.
        job: The logical name; empty if it is not known (a Delete of what was never valid).
    """

    emit: Emit
    clock: Clock
    stack: str
    job: str

    def count(self, metric: str) -> None:
        """It happened once more: ``JobsCreated``, ``JobsStopped``, ``DriftFound``…"""
        self._tell({metric: 1})

    def succeeded(self, job: ObservedJob, began: datetime) -> None:
        """The operation is done; its job counts if it was compiled since, and not if it was kept
        or only accepted.
        """
        if job.phase is not Phase.COMPLETED or job.changed is None or job.changed < began:
            return
        values = {"JobsCompleted": 1.0}
        if job.compile_seconds is not None:
            values["CompileSeconds"] = job.compile_seconds
        self._tell(values)

    def failed(self, kind: str) -> None:
        """The resource failed, for a reason of this class."""
        self.count("JobsFailed")
        told = {"Stack": self.stack, "Class": kind}
        self.emit(metric_line(self.clock.now(), {"FailuresByClass": 1}, told))

    def _tell(self, values: dict[str, float]) -> None:
        told = {"Stack": self.stack}
        sets = [["Stack"]]
        if self.job:
            told["Job"] = dimension(self.job)
            sets.append(["Stack", "Job"])
        self.emit(metric_line(self.clock.now(), values, told, sets))
