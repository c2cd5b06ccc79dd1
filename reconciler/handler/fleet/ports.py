"""What the fleet's steps reach the outside by: a pass's ports, and what CloudFormation needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from reconciler.core.objects import Objects
from reconciler.core.ports import Stacks
from reconciler.engine.ports import Ports


class Buckets(Protocol):
    """Objects by bucket."""

    def bucket(self, name: str, owner: str | None = None) -> Objects:
        """Return the objects of one bucket.

        Args:
            name: The bucket.
            owner: The account that it must belong to, if it is known.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPorts(Ports):
    """Everything outside.

    Attributes:
        emit: Write one line to the log as it is: a metric in embedded form.
    """

    stacks: Stacks
    buckets: Buckets
    emit: Callable[[str], None]
