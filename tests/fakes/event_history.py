"""CloudTrail's event history in memory: late, and not always naming what an event is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.core.event_history import ApiCall
from reconciler.core.ports import PortError
from tests.contract.privilege.recording import record


@dataclass(slots=True)
class FakeHistory:
    """The events that a test puts there.

    Attributes:
        names_resources: Whether events are found by the resource that they are about.
        error: What every lookup raises, if anything.
        lookups: What was looked up.
    """

    calls: list[ApiCall] = field(default_factory=list)
    names_resources: bool = True
    error: PortError | None = None
    lookups: list[str] = field(default_factory=list)

    def about(self, resource: str) -> Sequence[ApiCall]:
        return self._found(
            resource,
            [call for call in self.calls if self.names_resources and resource in call.about],
        )

    def of(self, operation: str) -> Sequence[ApiCall]:
        return self._found(operation, [call for call in self.calls if call.operation == operation])

    def _found(self, looked_up: str, calls: list[ApiCall]) -> Sequence[ApiCall]:
        self.lookups.append(looked_up)
        record("cloudtrail:LookupEvents", "events")
        if self.error is not None:
            raise self.error
        return sorted(calls, key=lambda call: call.time, reverse=True)
