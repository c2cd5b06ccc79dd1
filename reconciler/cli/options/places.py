"""The accounts and regions that specs are for. One that fails holds up no other.

Every verb that takes specs works through ``PlaceResults``: connect to each place, then do what the
verb does there, step by step. A place that fails at a step is reported at the end, and the others
go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Generic, NamedTuple, TypeVar

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.options.account import connected, explained
from reconciler.cli.options.declared import DeclaredJobs
from reconciler.cli.options.outside import AccountView, ConnectedAccount, Outside
from reconciler.cli.options.specs import could_not_run
from reconciler.core.fleet.document import DocumentError
from reconciler.core.fleet.generation import StateError
from reconciler.core.ports import PortError

Result = TypeVar("Result")
Other = TypeVar("Other")
Account = TypeVar("Account", bound=AccountView)

DEFAULT_PLACE: Final = "the default account and region"
_PLACE_ERRORS: Final = (PortError, StateError, DocumentError)
"""What fails one place. Other errors are of the specs or the options, and end the verb."""


class Named(NamedTuple, Generic[Result]):
    """What is known of one place, and the place's name for people."""

    place: str
    value: Result


@dataclass(frozen=True, slots=True)
class PlaceResults(Generic[Result]):
    """What came of each place that did not fail, and why the others did.

    Attributes:
        failures: Why places failed.
        is_only: Whether there is one place in all: its error is raised, and its result is shown
            by itself and not as a list.
    """

    named: Sequence[Named[Result]] = ()
    failures: Sequence[Named[str]] = ()
    is_only: bool = True

    @property
    def values(self) -> tuple[Result, ...]:
        """The results, without the names of their places."""
        return tuple(each.value for each in self.named)

    def then(self, step: Callable[[Result], Other]) -> PlaceResults[Other]:
        """Take a further step in each place. Raises what the step raises in the only place."""
        steps = {each.place: partial(step, each.value) for each in self.named}
        following = in_each_place(steps, is_only=self.is_only)
        return replace(following, failures=(*self.failures, *following.failures))

    def report_failures(self) -> None:
        """Print on stderr why places failed."""
        for each in self.failures:
            click.echo(f"Error: {printable(f'{each.place}: {each.value}')}", err=True)


def only_place(result: Result) -> PlaceResults[Result]:
    """Return the result of the only place."""
    return PlaceResults((Named("", result),))


def in_each_place(
    steps: Mapping[str, Callable[[], Result]], *, is_only: bool | None = None
) -> PlaceResults[Result]:
    """Take a step in each place, by the places' names. Raises PortError in the only place."""
    is_only = len(steps) == 1 if is_only is None else is_only
    named: list[Named[Result]] = []
    failures: list[Named[str]] = []
    for place, step in steps.items():
        try:
            named.append(Named(place, step()))
        except _PLACE_ERRORS as error:
            if is_only:
                raise
            failures.append(Named(place, explained(error)))
    return PlaceResults(tuple(named), tuple(failures), is_only)


@dataclass(frozen=True, slots=True)
class PlaceJobs(Generic[Account]):
    """What specs declare for one account and region, and what is known of the account.

    Attributes:
        assume_role: The role that was assumed; empty for none.
    """

    jobs: DeclaredJobs
    account: Account
    assume_role: str


def connected_places(
    declared: Sequence[DeclaredJobs], asked: Access, outside: Outside
) -> PlaceResults[PlaceJobs[ConnectedAccount]]:
    """Connect to every place. Raises PortError if there is but one, and it does not answer."""
    return reached_places(declared, asked, partial(connected, outside))


def reached_places(
    declared: Sequence[DeclaredJobs], asked: Access, reach: Callable[[Access], Account]
) -> PlaceResults[PlaceJobs[Account]]:
    """Reach every place; specs that turn out to be for the same one are put together.

    Args:
        declared: What specs declare, by what they say of their place.
        asked: What the options say of it.
        reach: Returns an account. Raises PortError.
    """

    def reached(jobs: DeclaredJobs) -> PlaceJobs[Account]:
        access = jobs.access(asked)
        return PlaceJobs(jobs, reach(access), access.assume_role or "")

    names = _distinct(each.place or DEFAULT_PLACE for each in declared)
    steps = {name: partial(reached, jobs) for name, jobs in zip(names, declared, strict=True)}
    found = in_each_place(steps)
    together = _together(found.named)
    is_only = len(together) + len(found.failures) == 1
    return PlaceResults(together, found.failures, is_only)


def _distinct(names: Iterable[str]) -> list[str]:
    """Return names for people, each only once: roles may be all that differs."""
    found: list[str] = []
    for name in names:
        same = sum(each.partition(" (")[0] == name for each in found)
        found.append(f"{name} ({same + 1})" if same else name)
    return found


def _together(named: Iterable[Named[PlaceJobs[Account]]]) -> tuple[Named[PlaceJobs[Account]], ...]:
    """Return places with those of one account and region as one."""
    found: dict[tuple[str, str], Named[PlaceJobs[Account]]] = {}
    for each in named:
        account, role = each.value.account, each.value.assume_role
        before = found.setdefault((account.id, account.region), each)
        if before is each:
            continue
        if before.value.assume_role != role:
            could_not_run(
                f"the specs are for account {account.id}, {account.region} with different roles: "
                f"{before.value.assume_role or 'none'} and {role or 'none'}"
            )
        jobs = before.value.jobs.with_others(each.value.jobs)
        found[account.id, account.region] = Named(before.place, replace(before.value, jobs=jobs))
    return tuple(found.values())
