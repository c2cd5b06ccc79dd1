"""``neoctl wait``: wait until jobs are compiled, or have ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.fleets.options import FleetOptions, fleet_options, interval_option, observer_of
from reconciler.cli.fleets.rendering import FORMATS, FORMATS_HELP, rendered
from reconciler.cli.fleets.status import FleetStatus
from reconciler.cli.fleets.watching import (
    FleetWatch,
    Goal,
    WaitResult,
    still_waiting,
    transition_line,
    transitions,
    wait_result,
)
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, spec_options
from reconciler.cli.options.output import format_option
from reconciler.cli.options.outside import outside_of

_TIMEOUT: Final = 7200
_TIMED_OUT: Final = 2


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 reached, 1 error, or a job failed so that completed cannot be reached, "
    "2 timed out, 130 interrupted.",
)
@fleet_options
@format_option(FORMATS, FORMATS_HELP)
@click.option("--until", "goal", type=click.Choice([each.value for each in Goal]),
              default=Goal.COMPLETED.value, show_default=True,
              help="completed: every job is compiled; ends with 1 as soon as one has failed. "
              "terminal: every job has ended, however.")  # fmt: skip
@click.option("--timeout", type=click.IntRange(min=0), default=_TIMEOUT, show_default=True,
              metavar="SECONDS", help="How long to wait; 0 looks once.")  # fmt: skip
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
    goal: str,
    timeout: int,
    interval: int,
) -> None:
    """Wait for jobs: those of specs (PATH), whose names match (--name), or of a stack (--stack).

    Nothing is created, stopped or retried. A declared job that does not exist yet is waited for.
    Changes are reported on stderr, and the jobs as they are at the end on stdout.
    """
    outside = outside_of(ctx)
    deadline = outside.clock.now() + timedelta(seconds=timeout)
    observer = observer_of(outside, fleet, specs, access)
    watch = FleetWatch(observer, outside.clock, outside.pause, interval, _warn)
    status: FleetStatus | None = None
    reached = WaitResult.PENDING
    for found in watch.statuses(deadline):
        _require_jobs(found)
        for each in transitions(status, found):
            _warn(transition_line(each, found.observed))
        status, reached = found, wait_result(found, Goal(goal))
        if reached is not WaitResult.PENDING:
            break
    if status is not None:
        click.echo(rendered(status, output), nl=False)
    if reached is WaitResult.PENDING:
        _warn(f"Error: timed out after {timeout} s: {still_waiting(status)}")
        ctx.exit(_TIMED_OUT)
    if reached is WaitResult.UNREACHABLE:
        _warn(f"Error: a job failed: {still_waiting(status)}")
        ctx.exit(1)


def _require_jobs(status: FleetStatus) -> None:
    if not status.rows:
        raise click.ClickException("no jobs were found; there is nothing to wait for")


def _warn(text: str) -> None:
    click.echo(printable(text), err=True)
