"""One poll of one operation: the event, its timing and the ports, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.contract import POLL_INTERVAL, SETTLE
from reconciler.core.identity import Identity, JobName
from reconciler.core.ports import Artifacts, Clock, Gateway, Stacks
from reconciler.engine.execute import Executor
from reconciler.engine.ports import Progress
from reconciler.handler.cfn.event import ACTS_IN, Event, RequestType, Timing
from reconciler.handler.cfn.fence import Fence
from reconciler.handler.job.execute import FencedExecutor
from reconciler.handler.job.gather import JobGatherer
from reconciler.handler.job.metrics import Meter
from reconciler.rules.organisation_policy import OrganisationPolicy

_CHECK_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class JobPoll:
    """What a step works with."""

    event: Event
    timing: Timing
    gateway: Gateway
    artifacts: Artifacts
    stacks: Stacks
    clock: Clock
    progress: Progress
    meter: Meter
    policy: OrganisationPolicy | None = None

    def now(self) -> datetime:
        """Return the current time."""
        return self.clock.now()

    def elapsed(self) -> timedelta:
        """Return how long the operation has been under way."""
        return self.now() - self.timing.began

    def is_time_to_check(self) -> bool:
        """Return whether a poll that only waits should check the fence: in the first polls, which
        may have missed a change after a create, and then once a minute.
        """
        elapsed = self.elapsed()
        return elapsed < SETTLE or elapsed % _CHECK_EVERY < POLL_INTERVAL

    def is_overdue(self) -> bool:
        """Return whether the deadline has passed."""
        return self.now() >= self.timing.deadline

    def last_chance(self) -> bool:
        """Return whether the deadline may have passed at the next poll."""
        return self.now() + 2 * POLL_INTERVAL >= self.timing.deadline

    @property
    def physical_identity(self) -> Identity | None:
        """The identity that the resource's current id names; None if CloudFormation invented it."""
        name = JobName.parse(self.event.physical_id)
        if name is None or name.attempt or name.identity.owner != self.event.owner:
            return None
        return name.identity

    def gatherer(self, bucket_owner: str | None = None) -> JobGatherer:
        """Return what reads jobs for this operation."""
        return JobGatherer(self.gateway, self.artifacts, self.timing.began, bucket_owner)

    def fence(self) -> Fence:
        """Return the fence of this operation."""
        return Fence(
            self.stacks,
            self.event.stack_id,
            self.timing.baseline,
            allowed=ACTS_IN[self.event.type],
            outlives_stack=self.event.type is RequestType.DELETE,
            began=self.timing.began,
        )

    def executor(self) -> FencedExecutor:
        """Return what carries out this operation's actions, behind its fence."""
        executor = Executor(
            self.gateway, self.artifacts, self.event.request_id, self.event.region, self.policy
        )
        return FencedExecutor(executor, self.fence(), self.progress, self.meter.count)

    def pending(self, reason: str) -> dict[str, object]:
        """Return the answer that asks for another poll."""
        self.progress("pending", request_id=self.event.request_id, reason=reason)
        return {"IsComplete": False}
