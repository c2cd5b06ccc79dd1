"""The options of verbs that look at a fleet: which jobs, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.fleets.observing import FleetObserver
from reconciler.cli.fleets.subjects import NameSubject, SpecSubject, Subject
from reconciler.cli.options.account import connected
from reconciler.cli.options.declared import SpecOptions, declared_places
from reconciler.cli.options.group import Option, option_group
from reconciler.cli.options.outside import ConnectedAccount, Outside
from reconciler.cli.options.places import (
    PlaceJobs,
    PlaceResults,
    connected_places,
    only_place,
)
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


def fleet_observers(
    outside: Outside, fleet: FleetOptions, specs: SpecOptions, access: Access
) -> PlaceResults[FleetObserver]:
    """Connect to where the jobs are, and return what observes them: in one place, or in each that
    specs name.

    Raises UsageError for options that do not go together, PortError if the only place does not
    answer; exits with an error for specs that are not valid.
    """
    if sum(map(bool, (fleet.paths, fleet.names, fleet.stack))) != 1:
        raise click.UsageError("say which jobs: PATH of specs, --name PATTERN, or --stack STACK")
    if fleet.paths:
        return _declared(outside, fleet, specs, access)
    if specs != SpecOptions():
        raise click.UsageError("--name and --stack take no options of specs")
    account = connected(outside, access)
    subject = _subject(account, fleet)
    return only_place(FleetObserver.of(account, subject, outside.clock, details=fleet.details))


def _subject(account: ConnectedAccount, fleet: FleetOptions) -> Subject:
    if fleet.stack is None:
        return NameSubject(fleet.names)
    from reconciler.cli.fleets.stack_contents import read_stack  # reads CDK templates: heavier
    from reconciler.cli.fleets.stack_subject import StackSubject

    return StackSubject(read_stack(account, fleet.stack), account.buckets)


def _declared(
    outside: Outside, fleet: FleetOptions, specs: SpecOptions, access: Access
) -> PlaceResults[FleetObserver]:
    def observer(place: PlaceJobs[ConnectedAccount]) -> FleetObserver:
        account, jobs = place.account, place.jobs.selected
        subject = SpecSubject(jobs, account.region, outside.clock, outside.pause)
        return FleetObserver.of(account, subject, outside.clock, details=fleet.details)

    declared = declared_places(fleet.paths, specs, access.region)
    chosen = [jobs for jobs in declared if jobs.selected]
    if not chosen:
        could_not_run("no job is selected: --include and --exclude leave none")
    return connected_places(chosen, access, outside).then(observer)
