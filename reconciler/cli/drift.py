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
from reconciler.cli.drifts.rendering import FORMATS, rendered
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.declared import SpecOptions, declared, spec_options, spec_paths
from reconciler.cli.options.output import format_option, output_file_option, write_result
from reconciler.cli.options.outside import ConnectedAccount, outside_of
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
    ignored = read_ignored(ignore_file)
    jobs = declared(paths, replace(specs, policy_file=None), access.region)
    jobs = replace(jobs, policy=read_policy(specs.policy_file))
    account = connected(outside, jobs.access(access))
    report = DriftReader(account, outside.clock, outside.pause).report(jobs, ignored)
    if who:
        report = _with_callers(report, account)
    write_result(rendered(report, output), target)
    if report.calls_for_action:
        ctx.exit(_CALLS_FOR_ACTION)
    ctx.exit(1 if report.unread else 0)


def _with_callers(report: DriftReport, account: ConnectedAccount) -> DriftReport:
    """Return the report with who did it; without the right to ask, as it is."""
    try:
        drifts = CallerSearch(account.history).found(report.drifts)
        return replace(report, drifts=drifts, asked_who=True)
    except PortError as error:
        click.echo(f"Warning: who did it is not known: {error}", err=True)
        return report
