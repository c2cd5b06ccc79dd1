"""The accounts and regions that specs are for. One that does not answer holds up no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reconciler.aws.access import Access
from reconciler.cli.options.account import connected
from reconciler.cli.options.declared import DeclaredJobs
from reconciler.cli.options.outside import ConnectedAccount, Outside
from reconciler.cli.options.specs import could_not_run
from reconciler.core.ports import PortError


@dataclass(frozen=True, slots=True)
class ConnectedJobs:
    """What specs declare for one account and region, and the connection to it.

    Attributes:
        assume_role: The role that was assumed; empty for none.
    """

    jobs: DeclaredJobs
    account: ConnectedAccount
    assume_role: str


class ConnectedPlaces(NamedTuple):
    """The places that answered, and why others did not, by name."""

    places: list[ConnectedJobs]
    failures: dict[str, PortError]


def connected_places(
    declared: Sequence[DeclaredJobs], asked: Access, outside: Outside
) -> ConnectedPlaces:
    """Connect to every place; specs that turn out to be for the same one are put together.

    Raises PortError if there is but one place, and it does not answer.
    """
    found: dict[tuple[str, str], ConnectedJobs] = {}
    failures: dict[str, PortError] = {}
    for jobs in declared:
        access = jobs.access(asked)
        try:
            account = connected(outside, access)
        except PortError as error:
            if len(declared) == 1:
                raise
            failures[jobs.place or "the usual place"] = error
            continue
        place, role = (account.id, account.region), access.assume_role or ""
        before = found.get(place)
        if before is None:
            found[place] = ConnectedJobs(jobs, account, role)
            continue
        if before.assume_role != role:
            could_not_run(
                f"the specs are for account {account.id}, {account.region} with different roles: "
                f"{before.assume_role or 'none'} and {role or 'none'}"
            )
        found[place] = replace(before, jobs=before.jobs.with_others(jobs))
    return ConnectedPlaces(list(found.values()), failures)
