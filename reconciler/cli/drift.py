"""``neoctl drift``: what became of declared jobs behind the back of their declarations."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.drifts.callers import CallerSearch
from reconciler.cli.drifts.document import DriftReport
from reconciler.cli.drifts.ignored import read_ignored
from reconciler.cli.drifts.reading import DriftReader
from reconciler.cli.drifts.rendering import FORMATS, rendered_together
from reconciler.cli.options.account import AccountCommand, account_options
from reconciler.cli.options.declared import SpecOptions, declared_places, spec_options, spec_paths
from reconciler.cli.options.output import format_option, output_file_option, write_result
from reconciler.cli.options.outside import ConnectedAccount, outside_of
from reconciler.cli.options.places import PlaceJobs, PlaceResults, connected_places
from reconciler.cli.options.specs import read_policy
from reconciler.core.ports import PortError

_CALLS_FOR_ACTION: Final = 2


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 nothing calls for action, 2 something does, 1 error or jobs that could "
    "not be read.",
)
@spec_paths
@format_option(FORMATS)
@output_file_option
@click.option("--ignore", "ignore_file", type=click.Path(dir_okay=False), metavar="FILE",
              help="Drift that is not to be reported: kind, jobs, reason and last day of "
              "each.")  # fmt: skip
@click.option("--who", is_flag=True,
              help="Ask CloudTrail's event history (90 days, 2 requests a second) who did it and "
              "when.")  # fmt: skip
@spec_options
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    output: str,
    target: str | None,
    ignore_file: str | None,
    who: bool,
    specs: SpecOptions,
    access: Access,
) -> None:
    """Report drift: jobs that somebody stopped, deleted or retagged, artifacts and models that are
    gone or changed, second jobs, violations of the policy.

    Reads every declared job, its tags, its artifact and its model: four or five calls a job. What
    the service fills in by itself is not drift. Nothing is changed.
    """
    outside = outside_of(ctx)
    ignored, policy = read_ignored(ignore_file), read_policy(specs.policy_file)
    declared = declared_places(paths, replace(specs, policy_file=None), access.region)

    def report_of(place: PlaceJobs[ConnectedAccount]) -> DriftReport:
        reader = DriftReader(place.account, outside.clock, outside.pause)
        report = reader.report(replace(place.jobs, policy=policy), ignored)
        return _with_callers(report, place.account) if who else report

    reports = connected_places(declared, access, outside).then(report_of)
    write_result(rendered_together(reports.values, output, is_only=reports.is_only), target)
    reports.report_failures()
    ctx.exit(_exit_code(reports))


def _exit_code(reports: PlaceResults[DriftReport]) -> int:
    if any(report.calls_for_action for report in reports.values):
        return _CALLS_FOR_ACTION
    return 1 if reports.failures or any(report.unread for report in reports.values) else 0


def _with_callers(report: DriftReport, account: ConnectedAccount) -> DriftReport:
    """Return the report with who did it; without the right to ask, as it is."""
    try:
        drifts = CallerSearch(account.history).found(report.drifts)
        return replace(report, drifts=drifts, asked_who=True)
    except PortError as error:
        click.echo(f"Warning: who did it is not known: {error}", err=True)
        return report
