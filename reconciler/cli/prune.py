"""``neoctl prune``: delete records of jobs that ended long ago and that nothing needs."""

from __future__ import annotations

from datetime import timedelta

import click

from reconciler.aws.access import Access
from reconciler.cli.endings.choosing import old_records
from reconciler.cli.endings.running import EndingOptions, PlaceEnding, ending_options, run_ending
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, declared_places, spec_options, spec_paths
from reconciler.cli.options.outside import ConnectedAccount, outside_of
from reconciler.cli.options.places import PlaceJobs, connected_places
from reconciler.specs.types import seconds


def _age(_ctx: click.Context, _param: click.Parameter, value: str | None) -> timedelta | None:
    found = None if value is None or value.strip().isdecimal() else seconds(value)
    if value is not None and found is None:
        raise click.BadParameter(f"{value!r} is not a duration with its unit, such as 90d or 36h")
    return None if found is None else timedelta(seconds=found)


@click.command(
    cls=AccountCommand, epilog="Exit codes: 0 done or nothing to do, 1 error, 130 interrupted."
)
@spec_paths
@click.option("--keep-last", type=click.IntRange(min=0), metavar="N",
              help="Keep the newest N records of each logical name.")  # fmt: skip
@click.option("--older-than", callback=_age, metavar="AGE",
              help="Delete only records of jobs that ended so long ago (90d, 36h).")  # fmt: skip
@ending_options
@spec_options
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    keep_last: int | None,
    older_than: timedelta | None,
    ending: EndingOptions,
    specs: SpecOptions,
    access: Access,
) -> None:
    """Delete old records of the specs' owners; artifacts stay in S3, live jobs are left alone.

    What neoctl apply would miss is kept: of each declared job what is compiled, and the last
    attempt. A record is deleted only if both --keep-last and --older-than allow it.
    """
    if keep_last is None and older_than is None:
        raise click.UsageError("say what is kept: --keep-last N, --older-than AGE, or both")
    outside = outside_of(ctx)
    declared = declared_places(paths, specs, access.region)
    ended_before = outside.clock.now() - (older_than or timedelta())

    def ending_of(place: PlaceJobs[ConnectedAccount]) -> PlaceEnding:
        choice = old_records(place.jobs, keep_last=keep_last or 0, ended_before=ended_before)
        return PlaceEnding(place.account, choice)

    run_ending(ctx, connected_places(declared, access, outside).then(ending_of), ending)
