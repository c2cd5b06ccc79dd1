"""What the two entry points do, on ports alone.

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
from reconciler.core.identity import Identity
from reconciler.core.metric_names import stack_name
from reconciler.core.ports import Artifacts, Clock, Gateway, PortError, Stacks
from reconciler.core.request import RequestError
from reconciler.engine.ports import Progress
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.event import OPERATION_KEY, SENT_IN, Event, RequestType, Timing
from reconciler.handler.cfn.fence import Baseline, Superseded
from reconciler.handler.cfn.properties import PropertiesError, deadline
from reconciler.handler.job import converge, remove
from reconciler.handler.job.metrics import Emit, Meter
from reconciler.handler.job.poll import JobPoll
from reconciler.handler.job.properties import decode, logical_name
from reconciler.rules.organisation_policy import OrganisationPolicy


@dataclass(frozen=True, slots=True)
class Service:
    """The behaviour of ``Custom::NeoCompilationJob``.

    Attributes:
        emit: Write one line to the log as it is: a metric in embedded form.
        policy: What the organisation demands of every request, if anything.
    """

    gateway: Gateway
    artifacts: Artifacts
    stacks: Stacks
    clock: Clock
    progress: Progress
    emit: Emit
    policy: OrganisationPolicy | None = None

    def on_event(self, raw: Mapping[str, object]) -> dict[str, object]:
        """Begin an operation. Raises ResourceFailed for a declaration that cannot be read."""
        event = Event.parse(raw)
        with self._counting_failures(self._meter(event)):
            return self._begin(event)

    def is_complete(self, raw: Mapping[str, object]) -> dict[str, object]:
        """Make one step towards the end of an operation.

        Answers ``IsComplete`` false for errors that may pass. Raises ResourceFailed when the
        operation has failed for good; the framework reports its text to CloudFormation.
        """
        event = Event.parse(raw)
        meter = self._meter(event)
        poll = JobPoll(
            event,
            Timing.of(raw),
            self.gateway,
            self.artifacts,
            self.stacks,
            self.clock,
            self.progress,
            meter,
            self.policy,
        )
        with self._counting_failures(meter):
            return _step(poll)

    def _begin(self, event: Event) -> dict[str, object]:
        began = self.clock.now()
        timing = Timing(began, began + deadline(event.properties), self._baseline(event))
        self.progress(
            "operation begins",
            request_type=event.type.value,
            request_id=event.request_id,
            logical_id=event.logical_id,
            phase=timing.baseline.phase,
        )
        physical_id = event.physical_id
        if event.type is RequestType.CREATE:
            physical_id = str(_identity(event, event.properties))
        return {"PhysicalResourceId": physical_id, OPERATION_KEY: timing.to_wire()}

    def _meter(self, event: Event) -> Meter:
        name = logical_name(event.properties) or ""
        return Meter(self.emit, self.clock, stack_name(event.stack_id), name)

    @contextmanager
    def _counting_failures(self, meter: Meter) -> Iterator[None]:
        try:
            yield
        except ResourceFailed as failed:
            if failed.kind:
                meter.failed(failed.kind)
            raise

    def _baseline(self, event: Event) -> Baseline:
        try:
            read = Baseline.of(self.stacks.stack(event.stack_id), SENT_IN[event.type])
            return Baseline(None, "") if _undoes_a_failed_update(event) else read
        except PortError as error:
            # A Delete must go on whatever fails. A Create may be the first use of a role whose
            # policy is not known everywhere yet; it acts in one phase only.
            if event.type is not RequestType.UPDATE:
                return Baseline(None, "")
            raise ResourceFailed(
                f"The stack's state cannot be read ({error}). Nothing was changed."
            ) from None


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


def _undoes_a_failed_update(event: Event) -> bool:
    """Return whether an Update wants what the resource already is, after another was tried.

    Only a rollback sends that, so a reading that still shows the update is out of date.
    """
    if event.type is not RequestType.UPDATE:
        return False
    wanted = str(_identity(event, event.properties))
    return wanted == event.physical_id != _old_identity(event)


def _old_identity(event: Event) -> str:
    try:
        return str(_identity(event, event.old_properties))
    except ResourceFailed:  # what was tried cannot be read
        return ""


def _identity(event: Event, properties: Mapping[str, object]) -> Identity:
    try:
        return decode(properties, event.owner).declaration.identity
    except (PropertiesError, RequestError) as error:
        raise ResourceFailed(f"{event.logical_id}: {error}") from None
