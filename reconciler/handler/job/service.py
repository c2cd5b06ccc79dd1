"""What the two entry points of a job do, on ports alone.

``on_event`` changes nothing: it answers with the resource's current id and with the operation's
beginning, deadline and stack state, which the Provider passes to every poll. An Update answers
with the OLD id, so that a failed update never gives CloudFormation an id to roll back from; the
new one is answered with success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.core.contract import SETTLE
from reconciler.core.metric_names import stack_name
from reconciler.core.request import RequestError
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.event import Event, RequestType, Timing
from reconciler.handler.cfn.fence import Superseded
from reconciler.handler.cfn.poll import HandlerPorts, begin
from reconciler.handler.cfn.properties import PropertiesError
from reconciler.handler.job import converge, remove
from reconciler.handler.job.metrics import Meter
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import logical_name
from reconciler.handler.job.undoing import declared_identity, undoes_a_failed_update


@dataclass(frozen=True, slots=True)
class JobService:
    """The behaviour of ``Custom::NeoCompilationJob``."""

    ports: HandlerPorts

    def on_event(self, raw: Mapping[str, object]) -> dict[str, object]:
        """Begin an operation. Raises ResourceFailed for a declaration that cannot be read."""
        event = Event.parse(raw)
        with _counting_failures(self._meter(event)):
            physical_id = event.physical_id
            if event.type is RequestType.CREATE:
                physical_id = str(declared_identity(event, event.properties))
            return begin(event, self.ports, physical_id, is_undone=undoes_a_failed_update(event))

    def is_complete(self, raw: Mapping[str, object]) -> dict[str, object]:
        """Make one step towards the end of an operation.

        Answers ``IsComplete`` false for errors that may pass. Raises ResourceFailed when the
        operation has failed for good; the framework reports its text to CloudFormation.
        """
        event = Event.parse(raw)
        meter = self._meter(event)
        with _counting_failures(meter):
            return _step(JobPoll(event, Timing.of(raw), self.ports, meter))

    def _meter(self, event: Event) -> Meter:
        name = logical_name(event.properties) or ""
        return Meter(self.ports.emit, self.ports.clock, stack_name(event.stack_id), name)


@contextmanager
def _counting_failures(meter: Meter) -> Iterator[None]:
    try:
        yield
    except ResourceFailed as failed:
        if failed.kind:
            meter.failed(failed.kind)
        raise


def _step(poll: JobPoll) -> dict[str, object]:
    try:
        if poll.event.type is RequestType.DELETE:
            return remove.step(poll)
        return converge.step(poll)
    except Superseded as superseded:
        if poll.elapsed() < SETTLE:  # a Delete must not fail because a read lagged behind
            return poll.pending(f"{superseded}")
        raise ResourceFailed(f"{superseded}", "") from None
    except (PropertiesError, RequestError) as error:
        raise ResourceFailed(f"{poll.event.logical_id}: {error}") from None
