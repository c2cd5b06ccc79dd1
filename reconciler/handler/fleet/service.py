"""What the two entry points of a fleet do, on ports alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.engine.state import FleetState
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.event import Event, RequestType, Timing
from reconciler.handler.cfn.poll import begin
from reconciler.handler.cfn.properties import PropertiesError
from reconciler.handler.fleet import deploy, remove
from reconciler.handler.fleet.poll import FleetPoll
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.properties import FleetProperties, decode_fleet


@dataclass(frozen=True, slots=True)
class FleetService:
    """The behaviour of ``Custom::NeoCompilationFleet``."""

    ports: FleetPorts

    def on_event(self, raw: Mapping[str, object]) -> dict[str, object]:
        """Begin an operation; change nothing. The id is always the owner.

        Raises ResourceFailed for properties that cannot be read.
        """
        event = Event.parse(raw)
        physical_id = event.physical_id
        if event.type is not RequestType.DELETE:
            owner = _decoded(event).owner.name
            physical_id = physical_id or owner
        return begin(event, self.ports, physical_id)

    def is_complete(self, raw: Mapping[str, object], invocation: str) -> dict[str, object]:
        """Make one step towards the end of an operation.

        Args:
            raw: The event.
            invocation: Unique to this call; who the lease belongs to.

        Raises ResourceFailed when the operation has failed for good.
        """
        event = Event.parse(raw)
        try:
            properties = _decoded(event)
        except ResourceFailed:
            if event.type is RequestType.DELETE:  # no Create with such properties ever began
                return {"IsComplete": True}
            raise
        objects = self.ports.buckets.bucket(properties.bucket, properties.state_owner)
        state = FleetState(objects, properties.folder, properties.owner)
        poll = FleetPoll(event, Timing.of(raw), self.ports, properties, state, invocation)
        if event.type is RequestType.DELETE:
            return remove.step(poll)
        return deploy.step(poll)


def _decoded(event: Event) -> FleetProperties:
    try:
        return decode_fleet(event.properties, event.stack_id)
    except PropertiesError as error:
        raise ResourceFailed(f"{event.logical_id}: {error}") from None
