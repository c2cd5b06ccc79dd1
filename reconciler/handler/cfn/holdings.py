"""What a stack holds: CloudFormation's own list of its resources.

Tags and phases only suggest whose a job is now. What a resource of the stack holds is known, and
nothing of it is stopped or deleted, whoever started it (docs/decisions/0027).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.contract import ROW_LAG
from reconciler.core.ports import StackResourceView, Stacks, StackView, Unavailable

_CREATION: Final = "CREATE_IN_PROGRESS"
_REQUESTED: Final = frozenset({_CREATION, "UPDATE_IN_PROGRESS"})
_GIVEN_UP: Final = ("DELETE_", "CREATE_FAILED")
_CLOCK_SKEW: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Holdings:
    """The resources of a stack, as seen by one of them.

    Attributes:
        logical_id: The one that asks.
    """

    resources: Mapping[str, StackResourceView]
    logical_id: str

    @staticmethod
    def read(stacks: Stacks, stack_id: str, logical_id: str) -> Holdings:
        """Read them. Raises PortError."""
        return Holdings(stacks.resources(stack_id), logical_id)

    @property
    def own(self) -> StackResourceView | None:
        """The resource that asks; None if the stack does not have it."""
        return self.resources.get(self.logical_id)

    @property
    def is_requested(self) -> bool:
        """Whether the resource is being created or updated."""
        return self.own is not None and self.own.status in _REQUESTED

    @property
    def is_any_requested(self) -> bool:
        """Whether any resource of the stack is being created or updated."""
        return any(each.status in _REQUESTED for each in self.resources.values())

    @property
    def is_being_deleted(self) -> bool:
        """Whether the resource is shown as being deleted."""
        return self.own is not None and self.own.status == "DELETE_IN_PROGRESS"

    def is_settled_in(self, view: StackView) -> bool:
        """Return whether the resource came to rest in the creation or update that is under way."""
        own = self.own
        if own is None or own.status.endswith("_IN_PROGRESS"):
            return False
        if view.status == _CREATION:
            return True
        if own.changed is None or view.last_updated is None:
            return False
        return own.changed > view.last_updated

    def show_progress(self, began: datetime, now: datetime) -> bool:
        """Return whether the list shows what the stack is doing, which is under way.

        Some resource is in progress then. If none is shown so, and nothing has changed of late,
        the list shows resources only when they are at rest, and the stack's phase has to do.

        Args:
            began: When the request that asks began.
            now: The current time.

        Raises Unavailable while the list may only lag behind.
        """
        if any(each.status.endswith("_IN_PROGRESS") for each in self.resources.values()):
            return True
        changes = [each.changed for each in self.resources.values() if each.changed is not None]
        if max([began, *changes]) > now - ROW_LAG:
            raise Unavailable("NotSettled", "the stack's resources are shown as they were before")
        return False

    def began_after(self, began: datetime) -> bool | None:
        """Return whether what the resource shows began after a request was received.

        None if the stack does not tell since when it is so.
        """
        if self.own is None or self.own.changed is None:
            return None
        return self.own.changed > began + _CLOCK_SKEW

    def ids(self) -> frozenset[str]:
        """Return the physical ids that the stack's resources hold."""
        return frozenset(each.physical_id for each in self.resources.values() if _holds(each))

    def ids_of_others(self) -> frozenset[str]:
        """Return the physical ids that other resources of the stack hold."""
        others = {name: each for name, each in self.resources.items() if name != self.logical_id}
        return Holdings(others, self.logical_id).ids()


def _holds(resource: StackResourceView) -> bool:
    return bool(resource.physical_id) and not resource.status.startswith(_GIVEN_UP)
