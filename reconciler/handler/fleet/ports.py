"""What the fleet's steps reach the outside by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from reconciler.core.objects import Objects
from reconciler.core.ports import Artifacts, Clock, Gateway, Stacks
from reconciler.handler.log import Log
from reconciler.rules.organisation_policy import OrganisationPolicy


class Buckets(Protocol):
    """Objects by bucket."""

    def bucket(self, name: str, owner: str | None = None) -> Objects:
        """The objects of one bucket.

        Args:
            name: The bucket.
            owner: The account that it must belong to, if it is known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside.

    Attributes:
        pause: Lets so many seconds pass.
        emit: Writes one line to the log as it is: a metric in embedded form.
        policy: What the organisation demands of every request, if it was packed.
    """

    gateway: Gateway
    artifacts: Artifacts
    stacks: Stacks
    buckets: Buckets
    clock: Clock
    log: Log
    pause: Callable[[float], None]
    emit: Callable[[str], None]
    policy: OrganisationPolicy | None = None
