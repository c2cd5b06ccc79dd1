"""The options of verbs that look at a fleet: which jobs, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.fleets.observing import FleetObserver
from reconciler.cli.fleets.subjects import NameSubject, SpecSubject, Subject
from reconciler.cli.options.account import connected
from reconciler.cli.options.declared import DeclaredJobs, SpecOptions, declared_places
from reconciler.cli.options.group import Option, option_group
from reconciler.cli.options.outside import ConnectedAccount, Outside
from reconciler.cli.options.specs import could_not_run

_INTERVAL: Final = 15


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """Which jobs are looked at, beside those of specs.

    Attributes:
        names: Patterns of job names; empty unless they say which jobs.
        stack: A deployed stack's name or ARN; None unless it says which jobs.
        details: Whether artifacts of jobs that were compiled before are read.
    """

    paths: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    stack: str | None = None
    details: bool = False


fleet_options: Final[Option] = option_group(
    FleetOptions, "fleet",
    click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path(allow_dash=True)),
    click.option(
        "--name", "names", multiple=True, metavar="PATTERN",
        help="Jobs of the account whose names match (vision-*), instead of those of specs.",
    ),
    click.option(
        "--stack", metavar="STACK",
        help="Jobs of a deployed CloudFormation stack: of its CompilationJobs, and of its fleets "
        "by their manifests.",
    ),
    click.option(
        "--details", is_flag=True,
        help="Also read artifact, size and digest of jobs that were compiled before: two calls "
        "a job.",
    ),
)  # fmt: skip
"""Adds the options of FleetOptions to a command, which gets them as ``fleet``."""

interval_option = click.option(
    "--interval", type=click.IntRange(min=1), default=_INTERVAL, show_default=True,
    metavar="SECONDS", help="How often to look: each time costs one List per 100 jobs.",
)  # fmt: skip
"""Adds ``--interval``."""


@dataclass(frozen=True, slots=True)
class FleetPlace:
    """An account and region whose jobs are looked at.

    Attributes:
        name: For people; empty if nothing but the credentials says where it is.
        connect: Reaches it and returns what observes the jobs. Raises PortError.
    """

    name: str
    connect: Callable[[], FleetObserver]


def fleet_places(
    outside: Outside, fleet: FleetOptions, specs: SpecOptions, access: Access
) -> tuple[FleetPlace, ...]:
    """Return where the jobs are that the options name: one place, or those that specs name.

    Raises UsageError for options that do not go together; exits with an error for specs that are
    not valid.
    """
    if sum(map(bool, (fleet.paths, fleet.names, fleet.stack))) != 1:
        raise click.UsageError("say which jobs: PATH of specs, --name PATTERN, or --stack STACK")
    if fleet.paths:
        return _declared(outside, fleet, specs, access)
    if specs != SpecOptions():
        raise click.UsageError("--name and --stack take no options of specs")

    def connect() -> FleetObserver:
        account = connected(outside, access)
        subject = _subject(account, fleet)
        return FleetObserver.of(account, subject, outside.clock, details=fleet.details)

    return (FleetPlace(access.region or "", connect),)


def observer_of(
    outside: Outside, fleet: FleetOptions, specs: SpecOptions, access: Access
) -> FleetObserver:
    """Return what observes the jobs that the options name, all of one place.

    Raises PortError, and what ``fleet_places`` raises.
    """
    places = fleet_places(outside, fleet, specs, access)
    if len(places) > 1:
        could_not_run(
            f"the specs are for several places: {'; '.join(each.name for each in places)}; give "
            "those of one"
        )
    return places[0].connect()


def _subject(account: ConnectedAccount, fleet: FleetOptions) -> Subject:
    if fleet.stack is None:
        return NameSubject(fleet.names)
    from reconciler.cli.fleets.stack_contents import read_stack  # reads CDK templates: heavier
    from reconciler.cli.fleets.stack_subject import StackSubject

    return StackSubject(read_stack(account, fleet.stack), account.buckets)


def _declared(
    outside: Outside, fleet: FleetOptions, specs: SpecOptions, access: Access
) -> tuple[FleetPlace, ...]:
    def connect(jobs: DeclaredJobs) -> FleetObserver:
        account = connected(outside, jobs.access(access))
        subject = SpecSubject(jobs.selected, account.region, outside.clock, outside.pause)
        return FleetObserver.of(account, subject, outside.clock, details=fleet.details)

    declared = declared_places(fleet.paths, specs, access.region)
    chosen = [jobs for jobs in declared if jobs.selected]
    if not chosen:
        could_not_run("no job is selected: --include and --exclude leave none")
    return tuple(FleetPlace(jobs.place, partial(connect, jobs)) for jobs in chosen)
