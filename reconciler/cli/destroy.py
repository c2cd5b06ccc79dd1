"""``neoctl destroy``: stop the jobs that specs declare, and delete their records."""

from __future__ import annotations

import click

from reconciler.aws.access import Access
from reconciler.cli.endings.choosing import declared_jobs
from reconciler.cli.endings.running import EndingOptions, PlaceEnding, ending_options, run_ending
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, declared_places, spec_options, spec_paths
from reconciler.cli.options.outside import ConnectedAccount, outside_of
from reconciler.cli.options.places import PlaceJobs, connected_places


@click.command(
    cls=AccountCommand, epilog="Exit codes: 0 done or nothing to do, 1 error, 130 interrupted."
)
@spec_paths
@click.option("--keep-records", is_flag=True, help="Stop jobs, and delete no records.")
@ending_options
@spec_options
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    keep_records: bool,
    ending: EndingOptions,
    specs: SpecOptions,
    access: Access,
) -> None:
    """End all jobs that specs declare, older ones of the same logical names included.

    Live jobs are stopped and records of ended ones are deleted; artifacts stay in S3. Jobs of other
    owners, and other jobs of the same owner, are left alone.
    """
    outside = outside_of(ctx)
    declared = declared_places(paths, specs, access.region)

    def ending_of(place: PlaceJobs[ConnectedAccount]) -> PlaceEnding:
        choice = declared_jobs(
            place.jobs.selected,
            place.jobs.declarations,
            deletes_records=not keep_records,
            reason="to be destroyed",
        )
        return PlaceEnding(place.account, choice)

    run_ending(ctx, connected_places(declared, access, outside).then(ending_of), ending)
