"""Who changed a job, and when, as CloudTrail's event history has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.cli.drifts.document import Drift, DriftKind
from reconciler.core.event_history import ApiCall, EventHistory

_TAGGING: Final = ("AddTags", "DeleteTags")
OPERATIONS: Final = {
    DriftKind.VANISHED: ("DeleteCompilationJob",),
    DriftKind.STOPPED: ("StopCompilationJob",),
    DriftKind.RETAGGED: _TAGGING,
    DriftKind.CONFLICT: ("CreateCompilationJob", *_TAGGING),
    DriftKind.DUPLICATE: ("CreateCompilationJob",),
    DriftKind.POLICY_BREACH: ("CreateCompilationJob",),
}
"""Which calls bring a drift about. What is done to objects is not in the event history."""
_SHOWN: Final = 3


@dataclass(slots=True)
class CallerSearch:
    """Finds the calls that brought drifts about.

    Events are looked up by the job's name, then by its ARN. Not every event names its resource, so
    what is left is looked for among the newest events of the operation, read once for all jobs.
    """

    history: EventHistory
    _newest: dict[str, Sequence[ApiCall]] = field(default_factory=dict)

    def found(self, drifts: Iterable[Drift]) -> tuple[Drift, ...]:
        """Return drifts with their calls. Raises PortError."""
        return tuple(replace(drift, calls=self._calls(drift)) for drift in drifts)

    def _calls(self, drift: Drift) -> tuple[ApiCall, ...]:
        operations = OPERATIONS.get(drift.kind, ())
        if operations:
            for calls in self._candidates(drift, operations):
                if found := [call for call in calls if call.operation in operations]:
                    return tuple(found[:_SHOWN])
        return ()

    def _candidates(self, drift: Drift, operations: Sequence[str]) -> Iterator[Sequence[ApiCall]]:
        names = [name for name in (drift.job, drift.arn) if name]
        for name in names:
            yield self.history.about(name)
        calls = [call for operation in operations for call in self._of(operation)]
        about = [call for call in calls if not call.about.isdisjoint(names)]
        yield sorted(about, key=lambda call: call.time, reverse=True)

    def _of(self, operation: str) -> Sequence[ApiCall]:
        if operation not in self._newest:
            self._newest[operation] = self.history.of(operation)
        return self._newest[operation]
