"""What the fleet's steps reach the outside by."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.objects import Buckets
from reconciler.handler.cfn.poll import HandlerPorts


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPorts(HandlerPorts):
    """A custom resource's ports, and the buckets of the state, the document and uploads."""

    buckets: Buckets
