"""``neoctl status``: how the jobs of specs, or of a name pattern, are now."""

from __future__ import annotations

import sys

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.fleets.as_json import render_line
from reconciler.cli.fleets.options import (
    FleetOptions,
    fleet_observers,
    fleet_options,
    interval_option,
)
from reconciler.cli.fleets.rendering import FORMATS, FORMATS_HELP, rendered_together
from reconciler.cli.fleets.status import FleetStatus
from reconciler.cli.fleets.watching import FleetWatch, transition_line, transitions
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, spec_options
from reconciler.cli.options.output import format_option, output_file_option, write_result
from reconciler.cli.options.outside import outside_of
from reconciler.cli.options.places import PlaceResults

_REDRAW = "\x1b[H\x1b[J"


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 shown, whatever the state of the jobs (neoctl wait judges it), 1 error, "
    "130 interrupted.",
)
@fleet_options
@format_option(FORMATS, FORMATS_HELP)
@output_file_option
@click.option("--failed-only", is_flag=True, help="Only jobs that failed, and why.")
@click.option("--all", "every", is_flag=True,
              help="List compiled jobs even if there are more than 200 jobs.")  # fmt: skip
@click.option("--watch", is_flag=True,
              help="Show jobs again as they change, until all have ended. On a terminal the table "
              "is redrawn; elsewhere each change is a line, and with --format json a status on one "
              "line.")  # fmt: skip
@interval_option
@spec_options
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    fleet: FleetOptions,
    specs: SpecOptions,
    access: Access,
    output: str,
    target: str | None,
    failed_only: bool,
    every: bool,
    watch: bool,
    interval: int,
) -> None:
    """Show how jobs are: state, age, compile time, and of failed ones why.

    Jobs are those of specs (PATH), those of the account whose names match (--name), or those of a
    deployed stack (--stack). One List of each owner's jobs shows their states. Failed jobs are
    described once; compiled ones only with --details, or when their end is seen.

    Specs of several accounts or regions have a status each, one after another; a place that cannot
    be read is an error, and holds up no other.
    """
    if watch and (output == "markdown" or target):
        raise click.UsageError("--watch shows text, wide or json, on standard output")
    outside = outside_of(ctx)
    observers = fleet_observers(outside, fleet, specs, access)
    if watch:
        watched = FleetWatch(observers, outside.clock, outside.pause, interval, _warn)
        ctx.exit(_watch(watched, output, failed_only=failed_only, every=every))
    statuses = observers.then(lambda observer: _chosen(observer.observe(), failed_only))
    shown = rendered_together(statuses.values, output, is_only=statuses.is_only, every=every)
    write_result(shown, target)
    statuses.report_failures()
    ctx.exit(1 if statuses.failures else 0)


def _watch(watched: FleetWatch, output: str, *, failed_only: bool, every: bool) -> int:
    """Show jobs as they change, until all have ended; return the exit code."""
    before: PlaceResults[FleetStatus] = PlaceResults()
    found: PlaceResults[FleetStatus] = PlaceResults()
    for found in watched.statuses(lambda status: status.is_terminal):
        shown = found.then(lambda status: _chosen(status, failed_only))
        _show(before, shown, output, every=every)
        before = shown
    return 1 if found.failures else 0


def _chosen(status: FleetStatus, failed_only: bool) -> FleetStatus:
    return status.failed_only() if failed_only else status


def _show(
    before: PlaceResults[FleetStatus],
    after: PlaceResults[FleetStatus],
    output: str,
    *,
    every: bool,
) -> None:
    """Show statuses after other ones: the whole, or what changed since."""
    known = dict(before.named)
    if output != "json" and sys.stdout.isatty():
        shown = rendered_together(after.values, output, is_only=after.is_only, every=every)
        click.echo(_REDRAW + shown, nl=False)
        return
    for place, status in after.named:
        changed = list(transitions(known.get(place), status))
        if output == "json":
            if changed or place not in known:
                click.echo(render_line(status), nl=False)
        elif place not in known:
            shown = rendered_together([status], output, is_only=after.is_only, every=every)
            click.echo(shown, nl=False)
        else:
            where = "" if after.is_only else place
            for each in changed:
                click.echo(printable(transition_line(each, status.observed, where)))


def _warn(text: str) -> None:
    click.echo(printable(text), err=True)
