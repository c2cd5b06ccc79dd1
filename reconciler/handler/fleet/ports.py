"""What the fleet's steps reach the outside by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reconciler.core.objects import Objects
from reconciler.handler.cfn.poll import HandlerPorts


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
class FleetPorts(HandlerPorts):
    """A custom resource's ports, and the buckets of the state, the document and uploads."""

    buckets: Buckets
