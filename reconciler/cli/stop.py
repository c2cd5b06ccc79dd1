"""``neoctl stop``: stop live jobs, by name or as specs declare them."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.aws.access import Access
from reconciler.cli.endings.choosing import declared_jobs, named_jobs
from reconciler.cli.endings.running import EndingOptions, ending_options, run_ending
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.declared import SpecOptions, declared, spec_options
from reconciler.cli.options.outside import outside_of
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
        meant = declared(jobs, specs, access.region)
        account = connected(outside, meant.access(access))
        choice = declared_jobs(
            meant.selected, meant.declarations, deletes_records=False, reason="asked for"
        )
        run_ending(ctx, choice, account, ending)
    for name in jobs:
        if JobName.parse(name) is None:
            could_not_run(f"{name}: neither a file nor the name of a job of ours")
    run_ending(ctx, named_jobs(jobs), connected(outside, access), ending, names=jobs)


def _is_path(text: str) -> bool:
    return text == STDIN or Path(text).exists()
