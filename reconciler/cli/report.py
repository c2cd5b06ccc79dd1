"""``neoctl report``: how jobs are, and how long they compiled before, as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.aws.access import Access
from reconciler.cli.fleets.observing import FleetObserver
from reconciler.cli.fleets.options import FleetOptions, fleet_observers, fleet_options
from reconciler.cli.html_report.history import PastCompilation, history_of
from reconciler.cli.html_report.page import FleetReport, PlaceReport, render
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, spec_options
from reconciler.cli.options.output import output_file_option, write_result
from reconciler.cli.options.outside import outside_of


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 written, whatever the state of the jobs, 1 error, 130 interrupted.",
)
@fleet_options
@output_file_option
@click.option("--title", metavar="TEXT", help="The page's heading; by default the owners.")
@spec_options
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    fleet: FleetOptions,
    specs: SpecOptions,
    access: Access,
    target: str | None,
    title: str | None,
) -> None:
    """Write how jobs are as one HTML page: a board of models and targets, failures, history.

    The page loads nothing and needs no network. Jobs are those of specs (PATH), those of the
    account whose names match (--name), or those of a deployed stack (--stack). The calls are those
    of neoctl status: one List of each owner's jobs, which also tells how long they compiled before.

    Jobs of several accounts or regions are on one page, each with its place. A place that cannot be
    read is named on the page, and is an error.
    """
    observers = fleet_observers(outside_of(ctx), fleet, specs, access)
    found = observers.then(_report_of)
    unread = [(each.place, each.value) for each in found.failures]
    report = FleetReport(title or _owners(found.values), found.values, unread)
    write_result(render(report), target)
    found.report_failures()
    ctx.exit(1 if found.failures else 0)


def _report_of(observer: FleetObserver) -> PlaceReport:
    status = observer.observe()
    ended = (job for job in observer.gateway.listed.values() if not job.is_under_way)
    return PlaceReport(status, history_of(status.rows, map(PastCompilation.of, ended)))


def _owners(reports: Sequence[PlaceReport]) -> str:
    rows = (row for report in reports for row in report.status.rows)
    return ", ".join(sorted({row.owner for row in rows if row.owner})) or "Compilation jobs"
