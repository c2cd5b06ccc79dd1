"""One poll of one operation on a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from reconciler.core.contract import POLL_INTERVAL, SETTLE
from reconciler.core.identity import Identity, JobName
from reconciler.engine.execute import Executor
from reconciler.handler.cfn.poll import Poll
from reconciler.handler.job.execute import FencedExecutor
from reconciler.handler.job.gather import JobGatherer
from reconciler.handler.job.metrics import Meter
from reconciler.handler.job.properties import decode

_CHECK_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class JobPoll(Poll):
    """What a step works with."""

    meter: Meter

    def is_time_to_check(self) -> bool:
        """Return whether a poll that only waits should check the fence.

        It should in the first polls, which may have missed a change after a create, and then once
        a minute.
        """
        elapsed = self.elapsed()
        return elapsed < SETTLE or elapsed % _CHECK_EVERY < POLL_INTERVAL

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

    @property
    def keeps_id(self) -> bool:
        """Whether an Update declares the identity that the resource has."""
        try:
            declared = decode(self.event.properties, self.event.owner).declaration.identity
        except ValueError:
            return False
        return declared == self.physical_identity

    def gatherer(self, bucket_owner: str | None = None, *, wait: bool = True) -> JobGatherer:
        """Return what reads jobs for this operation.

        Args:
            bucket_owner: The account that must own the output bucket, if it is known.
            wait: Whether success means COMPLETED; if not, whose a job is must be known before.
        """
        trusting = wait and not self.is_time_to_check()
        ports, began = self.ports, self.timing.began
        return JobGatherer(
            ports.gateway, ports.artifacts, began, self.now(), bucket_owner, trusting
        )

    def executor(self) -> FencedExecutor:
        """Return what carries out this operation's actions, behind its fence."""
        ports = self.ports
        executor = Executor(
            ports.gateway, ports.artifacts, self.event.request_id, self.event.region, ports.policy
        )
        return FencedExecutor(executor, self.fence(), ports.progress, self.meter.count)
