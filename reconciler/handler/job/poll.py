"""One poll of one operation: the event, its timing and the ports, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.contract import POLL_INTERVAL, SETTLE
from reconciler.core.identity import Identity, JobName
from reconciler.core.ports import Artifacts, Clock, Gateway, Stacks
from reconciler.engine.execute import Executor
from reconciler.handler.cfn.event import Event, RequestType, Timing
from reconciler.handler.cfn.fence import Fence, StackPhase
from reconciler.handler.cfn.log import Log
from reconciler.handler.job.gather import Gatherer
from reconciler.handler.job.metrics import Meter
from reconciler.rules.organisation_policy import OrganisationPolicy

_ASK_EVERY: Final = timedelta(minutes=1)

# In which phase CloudFormation sends requests of each type.
SENT_IN: Final = {
    RequestType.CREATE: frozenset({StackPhase.FORWARD}),
    RequestType.UPDATE: frozenset({StackPhase.FORWARD, StackPhase.ROLLBACK}),
    RequestType.DELETE: frozenset({StackPhase.REMOVAL}),
}

# In which phases each may act: a Delete must go on whatever the stack does.
PHASES: Final = {**SENT_IN, RequestType.DELETE: frozenset(StackPhase)}


@dataclass(frozen=True, slots=True)
class Run:
    """What a step works with."""

    event: Event
    timing: Timing
    gateway: Gateway
    artifacts: Artifacts
    stacks: Stacks
    clock: Clock
    log: Log
    meter: Meter
    policy: OrganisationPolicy | None = None

    def now(self) -> datetime:
        """The current time."""
        return self.clock.now()

    def elapsed(self) -> timedelta:
        """How long the operation has been under way."""
        return self.now() - self.timing.began

    def is_time_to_ask(self) -> bool:
        """Whether a poll that only waits should ask whether anybody listens still: in the first
        polls, which may have missed it after a create, and then once a minute.
        """
        elapsed = self.elapsed()
        return elapsed < SETTLE or elapsed % _ASK_EVERY < POLL_INTERVAL

    def overdue(self) -> bool:
        """Whether the deadline has passed."""
        return self.now() >= self.timing.deadline

    def last_chance(self) -> bool:
        """Whether the deadline may have passed at the next poll."""
        return self.now() + 2 * POLL_INTERVAL >= self.timing.deadline

    @property
    def physical_identity(self) -> Identity | None:
        """The identity that the resource's present id is; None if CloudFormation made it up."""
        name = JobName.parse(self.event.physical_id)
        if name is None or name.attempt or name.identity.owner != self.event.owner:
            return None
        return name.identity

    def gatherer(self, bucket_owner: str | None = None) -> Gatherer:
        """Reads for this operation."""
        return Gatherer(self.gateway, self.artifacts, self.timing.began, bucket_owner)

    def executor(self) -> Executor:
        """Acts for this operation, behind its fence."""
        fence = Fence(
            self.stacks,
            self.event.stack_id,
            self.timing.baseline,
            allowed=PHASES[self.event.type],
            outlives_stack=self.event.type is RequestType.DELETE,
            began=self.timing.began,
        )
        return Executor(
            self.gateway,
            fence,
            self.event.request_id,
            self.event.region,
            self.log,
            self.meter.count,
            self.policy,
        )


def pending(run: Run, reason: str) -> dict[str, object]:
    """The answer that asks to be polled again."""
    run.log("pending", request_id=run.event.request_id, reason=reason)
    return {"IsComplete": False}
