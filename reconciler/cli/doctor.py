"""``neoctl doctor``: whether an account is fit for compilation jobs, and what to do if not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.diagnosis.check import Check, CheckVerdict
from reconciler.cli.diagnosis.examining import examined, not_connected
from reconciler.cli.diagnosis.needs import Needs, needs_of
from reconciler.cli.diagnosis.rendering import FORMATS, rendered
from reconciler.cli.diagnosis.service_checks import service_checks
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.declared import DeclaredJobs, SpecOptions, declared, spec_options
from reconciler.cli.options.output import format_option, output_file_option, write_result
from reconciler.cli.options.outside import outside_of
from reconciler.core.ports import PortError

_NO_JOBS: Final = DeclaredJobs(())


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 nothing is wrong as far as can be known, 1 error, or something is wrong.",
)
@click.argument("paths", nargs=-1, metavar="[PATH...]", type=click.Path(allow_dash=True))
@click.option("--offline", is_flag=True,
              help="Read no account: how the service and the specs' targets stand.")  # fmt: skip
@click.option("--role", "roles", multiple=True, metavar="ARN",
              help="Also check this role of jobs.")  # fmt: skip
@format_option(FORMATS)
@output_file_option
@spec_options
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    offline: bool,
    roles: tuple[str, ...],
    output: str,
    target: str | None,
    specs: SpecOptions,
    access: Access,
) -> None:
    """Check what compilation jobs need: credentials, region, clock, quotas, and what the specs of
    PATH name: roles and whether they can be passed, buckets, models, keys, subnets, targets.

    Nothing is changed. What the caller may not read is reported as unknown.
    """
    if offline and access != Access(region=access.region):
        raise click.UsageError("--offline reads no account: give no options of one")
    jobs = declared(paths, specs, access.region) if paths else _NO_JOBS
    needs = needs_of(jobs.selected)
    needs = replace(needs, roles=tuple(sorted({*needs.roles, *roles})))
    region = access.region or jobs.region
    if offline:
        checks = list(service_checks(needs, region or ""))
    else:
        checks = _of_account(ctx, jobs.access(access), needs)
    write_result(rendered(checks, output), target)
    ctx.exit(1 if any(check.verdict is CheckVerdict.ERROR for check in checks) else 0)


def _of_account(ctx: click.Context, access: Access, needs: Needs) -> list[Check]:
    outside = outside_of(ctx)
    try:
        account = connected(outside, access)
        return list(examined(account, needs, outside.clock.now()))
    except PortError as error:
        return [not_connected(error), *service_checks(needs, access.region or "")]
