"""What a plan will take: calls, and time by what earlier compilations of the account took.

No price: what a compilation costs is nowhere to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.cli.findings.units import seconds_text
from reconciler.cli.plans.document import CREATIONS, ActionKind, PlanDocument
from reconciler.core.canonical import Json

_CALLS: Final = {
    ActionKind.STOP: 1, ActionKind.DELETE: 2, ActionKind.RETAG: 1,
    **dict.fromkeys(CREATIONS, 3),
}  # fmt: skip
"""Of a creation: Create, and when the job has ended Describe, and HeadObject of the artifact."""
CREATES_PER_SECOND: Final = 2.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What applying a plan will take.

    Attributes:
        calls: To SageMaker and S3, besides a List every 20 seconds.
        seconds: Until all jobs have ended, if all may run at once; 0 if none is created, None if
            it is not known.
    """

    calls: int
    seconds: int | None

    @staticmethod
    def of(document: PlanDocument) -> Estimate:
        """Return the estimate of a plan."""
        calls = sum(_CALLS.get(action.kind, 0) for action in document.actions)
        created = [action for action in document.actions if action.kind in CREATIONS]
        times = [action.expected for action in created if action.expected is not None]
        if len(times) < len(created):
            return Estimate(calls, None)
        return Estimate(calls, round(len(created) / CREATES_PER_SECOND) + max(times, default=0))

    def text(self) -> str:
        """Return it in one line."""
        calls = f"about {self.calls} call{'' if self.calls == 1 else 's'}"
        if self.seconds == 0:
            return f"Estimate: {calls}."
        if self.seconds is None:
            return f"Estimate: {calls}; time unknown, since nothing was compiled before."
        return f"Estimate: {calls}; {seconds_text(self.seconds)} if all jobs may run at once."

    def to_json(self) -> dict[str, Json]:
        """Return its JSON form."""
        return {"calls": self.calls, "seconds": self.seconds}
