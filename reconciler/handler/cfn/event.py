"""CloudFormation's custom-resource event, as the Provider framework passes it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from reconciler.core.identity import Owner
from reconciler.handler.cfn.fence import Baseline, StackPhase

OPERATION_KEY: Final = "Operation"


class RequestType(StrEnum):
    """What CloudFormation asks for."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


SENT_IN: Final = {
    RequestType.CREATE: frozenset({StackPhase.FORWARD}),
    RequestType.UPDATE: frozenset({StackPhase.FORWARD, StackPhase.ROLLBACK}),
    RequestType.DELETE: frozenset({StackPhase.REMOVAL}),
}
"""In which phases of a stack CloudFormation sends requests of each type."""

ACTS_IN: Final = {**SENT_IN, RequestType.DELETE: frozenset(StackPhase)}
"""In which phases each may act: a Delete must go on whatever the stack does."""


@dataclass(frozen=True, slots=True)
class Event:
    """One request. The event's ResponseURL, a credential, is never read.

    Attributes:
        physical_id: The resource's current id; empty on Create.
        old_properties: What was declared before; empty but on Update.
    """

    type: RequestType
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    properties: Mapping[str, object]
    old_properties: Mapping[str, object]

    @staticmethod
    def parse(event: Mapping[str, object]) -> Event:
        """Read an event. Raises KeyError or ValueError for what CloudFormation never sends."""
        return Event(
            type=RequestType(str(event["RequestType"])),
            request_id=str(event["RequestId"]),
            stack_id=str(event["StackId"]),
            logical_id=str(event["LogicalResourceId"]),
            physical_id=str(event.get("PhysicalResourceId") or ""),
            properties=_properties(event.get("ResourceProperties")),
            old_properties=_properties(event.get("OldResourceProperties")),
        )

    @property
    def region(self) -> str:
        """The stack's region, from its ARN."""
        return self.stack_id.split(":")[3]

    @property
    def owner(self) -> Owner:
        """The owner of the stack's jobs."""
        return Owner.of_stack(self.stack_id)


@dataclass(frozen=True, slots=True)
class Timing:
    """When the operation began and must end, and the state of the stack when it began.

    ``on_event`` puts it into its answer, and the Provider hands that to every poll.
    """

    began: datetime
    deadline: datetime
    baseline: Baseline

    def to_wire(self) -> dict[str, str]:
        """Return the form that travels with the event."""
        return {
            "Began": self.began.isoformat(),
            "Deadline": self.deadline.isoformat(),
            **self.baseline.to_wire(),
        }

    @staticmethod
    def of(event: Mapping[str, object]) -> Timing:
        """Read it back from a poll's event. Raises KeyError if ``on_event`` never ran."""
        wire = event[OPERATION_KEY]
        if not isinstance(wire, Mapping):
            raise KeyError(OPERATION_KEY)
        return Timing(
            began=datetime.fromisoformat(str(wire["Began"])),
            deadline=datetime.fromisoformat(str(wire["Deadline"])),
            baseline=Baseline.from_wire(wire),
        )


def _properties(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
