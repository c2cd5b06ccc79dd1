"""``neoctl wait``: wait until jobs are compiled, or have ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.fleets.options import (
    FleetOptions,
    fleet_observers,
    fleet_options,
    interval_option,
)
from reconciler.cli.fleets.rendering import FORMATS, FORMATS_HELP, rendered_together
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
from reconciler.cli.options.outside import outside_of
from reconciler.cli.options.places import PlaceResults

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
    Changes are reported on stderr, and the jobs as they are at the end on stdout. Jobs of several
    accounts or regions are waited for together. A place that cannot be read is an error, and the
    others are waited for.
    """
    outside = outside_of(ctx)
    observers = fleet_observers(outside, fleet, specs, access)
    watch = FleetWatch(observers, outside.clock, outside.pause, interval, _warn)
    statuses = _waited(watch, Goal(goal), outside.clock.now() + timedelta(seconds=timeout))
    shown = rendered_together(statuses.values, output, is_only=statuses.is_only)
    click.echo(shown, nl=False)
    failed = {each.place for each in statuses.failures}
    waited = [each.place for each in observers.named if each.place not in failed]
    results = {place: _result(statuses, place, Goal(goal)) for place in waited}
    ctx.exit(_exit_code(statuses, results))


def _exit_code(statuses: PlaceResults[FleetStatus], results: Mapping[str, WaitResult]) -> int:
    """Say why the goal was not reached; return the exit code."""
    reported = (
        WaitResult.UNREACHABLE if WaitResult.UNREACHABLE in results.values() else WaitResult.PENDING
    )
    for place in (place for place, result in results.items() if result is reported):
        status = dict(statuses.named).get(place)
        why = "timed out" if reported is WaitResult.PENDING else "a job failed"
        where = "" if statuses.is_only else f"{place}: "
        _warn(f"Error: {where}{why}: {summary(status) if status else 'nothing could be read'}")
    if statuses.failures or reported is WaitResult.UNREACHABLE:
        return 1
    return _TIMED_OUT if WaitResult.PENDING in results.values() else 0


def _waited(watch: FleetWatch, goal: Goal, deadline: datetime) -> PlaceResults[FleetStatus]:
    """Wait until all places are over, or the goal cannot be reached; return the last statuses."""
    before: dict[str, FleetStatus] = {}
    found: PlaceResults[FleetStatus] = PlaceResults()
    for found in watch.statuses(
        lambda status: wait_result(status, goal) is not WaitResult.PENDING, deadline
    ):
        for place, status in found.named:
            _require_jobs(status)
            where = "" if found.is_only else place
            for each in transitions(before.get(place), status):
                _warn(transition_line(each, status.observed, where))
        before = dict(found.named)
        if any(wait_result(each, goal) is WaitResult.UNREACHABLE for each in found.values):
            break
    return found


def _result(statuses: PlaceResults[FleetStatus], place: str, goal: Goal) -> WaitResult:
    """Return how waiting for a place ended."""
    status = dict(statuses.named).get(place)
    return WaitResult.PENDING if status is None else wait_result(status, goal)


def _require_jobs(status: FleetStatus) -> None:
    if not status.rows:
        raise click.ClickException("no jobs were found; there is nothing to wait for")


def _warn(text: str) -> None:
    click.echo(printable(text), err=True)
