"""Execute a job's actions, each behind the fence of its operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.core import metric_names
from reconciler.core.plan import Create, Mutation, NextAttempt, Stop, job_name, kind
from reconciler.engine.execute import Executor
from reconciler.engine.ports import Progress
from reconciler.handler.cfn.fence import Fence, Superseded


@dataclass(frozen=True, slots=True)
class FencedExecutor:
    """Carries out the actions of one operation, as long as its fence holds.

    Attributes:
        count: Count one event for the metrics, by their name.
    """

    executor: Executor
    fence: Fence
    progress: Progress
    count: Callable[[str], None]

    def execute(self, action: Mutation) -> None:
        """Carry out an action, and stop at once what was created too late.

        Raises RequestRejected and Superseded before anything is changed, or PortError.
        """
        is_creation = isinstance(action, Create | NextAttempt)
        if isinstance(action, Create | NextAttempt):
            self.executor.check_rules(action)
        self.fence.check_change()
        self.progress("applying", action=kind(action), job=job_name(action), reason=action.reason)
        self.executor.execute(action)
        if is_creation:
            self.count(metric_names.JOBS_CREATED)
            self._stop_if_superseded(job_name(action))
        elif isinstance(action, Stop):
            self.count(metric_names.JOBS_STOPPED)

    def _stop_if_superseded(self, name: str) -> None:
        try:
            self.fence.check()
        except Superseded:
            self.progress("superseded after create, stopping", job=name)
            self.executor.gateway.stop(name)
            self.count(metric_names.JOBS_STOPPED)
            raise
