"""``neoctl stop``: stop live jobs, by name or as specs declare them."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.aws.access import Access
from reconciler.cli.endings.choosing import declared_jobs, named_jobs
from reconciler.cli.endings.running import EndingOptions, PlaceEnding, ending_options, run_ending
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.declared import SpecOptions, declared_places, spec_options
from reconciler.cli.options.outside import ConnectedAccount, outside_of
from reconciler.cli.options.places import PlaceJobs, connected_places, only_place
from reconciler.cli.options.specs import could_not_run
from reconciler.core.identity import JobName
from reconciler.specs.load import STDIN


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 stopped or nothing to stop, 1 error, or a job that is not ours.",
)
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...|PATH...")
@ending_options
@spec_options
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    jobs: tuple[str, ...],
    ending: EndingOptions,
    specs: SpecOptions,
    access: Access,
) -> None:
    """Stop live jobs: those with these names, or all that these specs declare.

    Only jobs whose name and tags say that they are ours are stopped. A job that was stopped counts
    as failed: neoctl apply compiles it again only with --retry-failed stopped.
    """
    outside = outside_of(ctx)
    if all(_is_path(each) for each in jobs):
        declared = declared_places(jobs, specs, access.region)
        run_ending(ctx, connected_places(declared, access, outside).then(_of_specs), ending)
    for name in jobs:
        if _is_path(name):
            could_not_run("give files of specs or names of jobs, not both")
        if JobName.parse(name) is None:
            could_not_run(f"{name}: neither a file nor the name of a managed job")
    named = PlaceEnding(connected(outside, access), named_jobs(jobs), jobs)
    run_ending(ctx, only_place(named), ending)


def _of_specs(place: PlaceJobs[ConnectedAccount]) -> PlaceEnding:
    choice = declared_jobs(
        place.jobs.selected, place.jobs.declarations, deletes_records=False, reason="asked for"
    )
    return PlaceEnding(place.account, choice)


def _is_path(text: str) -> bool:
    return text == STDIN or Path(text).exists()
