"""``neoctl status``: how the jobs of specs, or of a name pattern, are now."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.fleets.as_json import render_line
from reconciler.cli.fleets.options import (
    FleetOptions,
    FleetPlace,
    fleet_options,
    fleet_places,
    interval_option,
    observer_of,
)
from reconciler.cli.fleets.rendering import FORMATS, FORMATS_HELP, rendered
from reconciler.cli.fleets.status import FleetStatus
from reconciler.cli.fleets.watching import FleetWatch, transition_line, transitions
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, spec_options
from reconciler.cli.options.output import format_option, output_file_option, write_result
from reconciler.cli.options.outside import outside_of
from reconciler.core.ports import PortError

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
    if watch:
        observer = observer_of(outside, fleet, specs, access)
        watched = FleetWatch(observer, outside.clock, outside.pause, interval, _warn)
        _watch(watched, output, failed_only=failed_only, every=every)
        return
    places = fleet_places(outside, fleet, specs, access)
    statuses, failures = _observed(places)
    shown = [rendered(_chosen(each, failed_only), output, every=every) for each in statuses]
    write_result("".join(shown), target)
    ctx.exit(1 if failures else 0)


def _observed(places: Sequence[FleetPlace]) -> tuple[list[FleetStatus], int]:
    """Return the status of each place, and how many could not be read; others are read on."""
    statuses = []
    for place in places:
        try:
            statuses.append(place.connect().observe())
        except PortError as error:
            if len(places) == 1:
                raise
            _warn(f"Error: {place.name}: {error}")
    return statuses, len(places) - len(statuses)


def _watch(watched: FleetWatch, output: str, *, failed_only: bool, every: bool) -> None:
    """Show jobs as they change, until all have ended."""
    before: FleetStatus | None = None
    for status in watched.statuses():
        shown = _chosen(status, failed_only)
        _show(before, shown, output, every=every)
        before = shown
        if status.is_terminal:
            return


def _chosen(status: FleetStatus, failed_only: bool) -> FleetStatus:
    return status.failed_only() if failed_only else status


def _show(before: FleetStatus | None, status: FleetStatus, output: str, *, every: bool) -> None:
    """Show a status after another one: the whole, or what changed since."""
    changed = list(transitions(before, status))
    if output == "json":
        if changed or before is None:
            click.echo(render_line(status), nl=False)
    elif sys.stdout.isatty():
        click.echo(_REDRAW + rendered(status, output, every=every), nl=False)
    elif before is None:
        click.echo(rendered(status, output, every=every), nl=False)
    else:
        for each in changed:
            click.echo(printable(transition_line(each, status.observed)))


def _warn(text: str) -> None:
    click.echo(printable(text), err=True)
