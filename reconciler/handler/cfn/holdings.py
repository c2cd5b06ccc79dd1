"""What a stack holds: CloudFormation's own list of its resources.

Tags and phases only suggest whose a job is now. What a resource of the stack holds is known, and
nothing of it is stopped or deleted, whoever started it (docs/decisions/0027).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.core.ports import StackResourceView, Stacks

_REQUESTED: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"})
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
        """Whether the resource is going, or gone."""
        return self.own is None or self.own.status.startswith("DELETE_")

    def is_requested_since(self, began: datetime, *, unknown: bool) -> bool:
        """Return whether what is requested is the request that began then, or an earlier one.

        Args:
            began: When the request was received.
            unknown: What to return if the stack does not tell since when it is requested.
        """
        own = self.own
        if own is None or not self.is_requested:
            return False
        return unknown if own.changed is None else own.changed <= began + _CLOCK_SKEW

    def ids(self) -> frozenset[str]:
        """Return the physical ids that the stack's resources hold."""
        return frozenset(each.physical_id for each in self.resources.values() if _holds(each))

    def ids_of_others(self) -> frozenset[str]:
        """Return the physical ids that other resources of the stack hold."""
        others = {name: each for name, each in self.resources.items() if name != self.logical_id}
        return Holdings(others, self.logical_id).ids()


def _holds(resource: StackResourceView) -> bool:
    return bool(resource.physical_id) and not resource.status.startswith(_GIVEN_UP)
