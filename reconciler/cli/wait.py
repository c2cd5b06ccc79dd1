"""``neoctl wait``: wait until jobs are compiled, or have ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.fleets.observing import FleetObserver
from reconciler.cli.fleets.options import (
    FleetOptions,
    FleetPlace,
    fleet_options,
    fleet_places,
    interval_option,
)
from reconciler.cli.fleets.rendering import FORMATS, FORMATS_HELP, rendered
from reconciler.cli.fleets.status import FleetStatus, summary
from reconciler.cli.fleets.watching import (
    FleetWatch,
    Goal,
    WaitResult,
    transition_line,
    transitions,
    wait_result,
)
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, spec_options
from reconciler.cli.options.output import format_option
from reconciler.cli.options.outside import Outside, outside_of
from reconciler.core.ports import PortError

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
    Changes are reported on stderr, and the jobs as they are at the end on stdout. Specs of several
    accounts or regions are waited for one after another, until the same deadline.
    """
    outside = outside_of(ctx)
    places = fleet_places(outside, fleet, specs, access)
    deadline = outside.clock.now() + timedelta(seconds=timeout)
    waiting = _Waiting(outside, Goal(goal), deadline, interval, output)
    results = {waiting.result(place, alone=len(places) == 1) for place in places}
    if WaitResult.UNREACHABLE in results:
        ctx.exit(1)
    ctx.exit(_TIMED_OUT if WaitResult.PENDING in results else 0)


class _Waiting(NamedTuple):
    """Waits for the jobs of one place after the other, all until the same deadline."""

    outside: Outside
    goal: Goal
    deadline: datetime
    interval: int
    output: str

    def result(self, place: FleetPlace, *, alone: bool) -> WaitResult:
        """Wait for the jobs of a place, and show how they are at the end.

        Raises PortError if there is no other place.
        """
        try:
            status = self._last_status(place.connect())
        except PortError as error:
            if alone:
                raise
            _warn(f"Error: {place.name}: {error}")
            return WaitResult.UNREACHABLE
        if status is None:
            _warn("Error: timed out: nothing could be read")
            return WaitResult.PENDING
        click.echo(rendered(status, self.output), nl=False)
        result = wait_result(status, self.goal)
        if result is not WaitResult.REACHED:
            why = "timed out" if result is WaitResult.PENDING else "a job failed"
            _warn(f"Error: {why}: {summary(status)}")
        return result

    def _last_status(self, observer: FleetObserver) -> FleetStatus | None:
        """Return the jobs as they are when waiting ends; None if they were never read."""
        clock, pause = self.outside.clock, self.outside.pause
        status: FleetStatus | None = None
        watch = FleetWatch(observer, clock, pause, self.interval, _warn)
        for found in watch.statuses(self.deadline):
            _require_jobs(found)
            for each in transitions(status, found):
                _warn(transition_line(each, found.observed))
            status = found
            if wait_result(found, self.goal) is not WaitResult.PENDING:
                break
        return status


def _require_jobs(status: FleetStatus) -> None:
    if not status.rows:
        raise click.ClickException("no jobs were found; there is nothing to wait for")


def _warn(text: str) -> None:
    click.echo(printable(text), err=True)
