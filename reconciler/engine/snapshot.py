"""What one sweep of the account shows of a fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.declaration import Declaration
from reconciler.core.fleet.job_record import JobRecord
from reconciler.core.identity import Identity
from reconciler.core.observed import ObservedJob


@dataclass(slots=True)
class FleetSnapshot:
    """The jobs of one owner, sorted out.

    Attributes:
        wanted: The declarations by identity.
        chains: The attempts of each wanted identity, oldest first; finished ones in full.
        under_way: Jobs that no declaration names and that have not ended; none known as foreign.
        finished: Those that have ended, whoever's they are.
        unread: Identities of which something that matters could not be read in this pass.
        records: What is known now.
        new: Names of jobs whose results were read in this pass.
    """

    wanted: Mapping[Identity, Declaration]
    chains: dict[Identity, list[ObservedJob]]
    under_way: list[ObservedJob]
    finished: list[ObservedJob]
    records: dict[str, JobRecord]
    unread: set[Identity] = field(default_factory=set)
    new: list[str] = field(default_factory=list)
