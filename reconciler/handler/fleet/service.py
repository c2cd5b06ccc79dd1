"""What the fleet's entry points do, on ports alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.core.ports import PortError
from reconciler.engine.state import FleetState
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.event import OPERATION_KEY, Event, RequestType, Timing
from reconciler.handler.cfn.fence import Baseline
from reconciler.handler.cfn.properties import PropertiesError, deadline
from reconciler.handler.fleet import deploy, remove
from reconciler.handler.fleet.poll import FleetPoll
from reconciler.handler.fleet.ports import FleetPorts
from reconciler.handler.fleet.properties import decode_fleet


@dataclass(frozen=True, slots=True)
class FleetService:
    """The behaviour of ``Custom::NeoCompilationFleet``."""

    ports: FleetPorts

    def on_event(self, raw: Mapping[str, object]) -> dict[str, object]:
        """Begin an operation; change nothing. The id is always the owner.

        Raises ResourceFailed for properties that cannot be read.
        """
        event = Event.parse(raw)
        began = self.ports.clock.now()
        timing = Timing(began, began + deadline(event.properties), self._baseline(event))
        physical_id = event.physical_id
        if event.type is not RequestType.DELETE:
            try:
                owner = decode_fleet(event.properties, event.stack_id).owner.name
            except PropertiesError as error:
                raise ResourceFailed(f"{event.logical_id}: {error}") from None
            physical_id = physical_id or owner
        self.ports.progress(
            "operation begins", request_type=event.type.value, request_id=event.request_id,
            logical_id=event.logical_id, phase=timing.baseline.phase,
        )  # fmt: skip
        return {"PhysicalResourceId": physical_id, OPERATION_KEY: timing.to_wire()}

    def is_complete(self, raw: Mapping[str, object], invocation: str) -> dict[str, object]:
        """Make one step towards the end of an operation.

        Args:
            raw: The event.
            invocation: Unique to this call; who the lease belongs to.

        Raises ResourceFailed when the operation has failed for good.
        """
        event = Event.parse(raw)
        try:
            properties = decode_fleet(event.properties, event.stack_id)
        except PropertiesError as error:
            if event.type is RequestType.DELETE:  # no Create with such properties ever began
                return {"IsComplete": True}
            raise ResourceFailed(f"{event.logical_id}: {error}") from None
        objects = self.ports.buckets.bucket(properties.bucket, properties.state_owner)
        run = FleetPoll(
            event, Timing.of(raw), properties, self.ports,
            FleetState(objects, properties.folder, properties.owner), invocation,
        )  # fmt: skip
        if event.type is RequestType.DELETE:
            return remove.step(run)
        return deploy.step(run)

    def _baseline(self, event: Event) -> Baseline:
        try:
            return Baseline.of(self.ports.stacks.stack(event.stack_id))
        except PortError as error:
            # A Delete must go on whatever fails. A Create may be the first use of a role whose
            # policy is not known everywhere yet; it acts in one phase only.
            if event.type is not RequestType.UPDATE:
                return Baseline(None, "")
            raise ResourceFailed(
                f"The stack's state cannot be read ({error}). Nothing was changed."
            ) from None
