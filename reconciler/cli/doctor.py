"""``neoctl doctor``: whether an account is fit for compilation jobs, and what to do if not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.diagnosis.check import Diagnosis
from reconciler.cli.diagnosis.examining import examined, not_connected
from reconciler.cli.diagnosis.needs import Needs, needs_of
from reconciler.cli.diagnosis.rendering import FORMATS, rendered_together
from reconciler.cli.diagnosis.service_checks import service_checks
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.declared import (
    DeclaredJobs,
    SpecOptions,
    declared_places,
    spec_options,
)
from reconciler.cli.options.output import format_option, output_file_option, write_result
from reconciler.cli.options.outside import Outside, outside_of
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

    Each account and region that specs name is checked by itself. Nothing is changed. What the
    caller may not read is reported as unknown.
    """
    if offline and access != Access(region=access.region):
        raise click.UsageError("--offline reads no account: give no options of one")
    declared = declared_places(paths, specs, access.region) if paths else (_NO_JOBS,)
    outside = outside_of(ctx)
    diagnoses = [
        _offline(jobs.access(access), _needs(jobs, roles))
        if offline
        else _of_account(outside, jobs.access(access), _needs(jobs, roles))
        for jobs in declared
    ]
    write_result(rendered_together(diagnoses, output, is_only=len(diagnoses) == 1), target)
    ctx.exit(1 if any(each.has_errors for each in diagnoses) else 0)


def _needs(jobs: DeclaredJobs, roles: tuple[str, ...]) -> Needs:
    needs = needs_of(jobs.selected)
    return replace(needs, roles=tuple(sorted({*needs.roles, *roles})))


def _offline(access: Access, needs: Needs) -> Diagnosis:
    region = access.region or ""
    return Diagnosis("", region, tuple(service_checks(needs, region)))


def _of_account(outside: Outside, access: Access, needs: Needs) -> Diagnosis:
    """Return the checks of an account; one that cannot be reached is a check that failed."""
    try:
        account = connected(outside, access)
        checks = tuple(examined(account, needs, outside.clock.now()))
        return Diagnosis(account.id, account.region, checks)
    except PortError as error:
        region = access.region or ""
        checks = (not_connected(error), *service_checks(needs, region))
        return Diagnosis(access.account or "", region, checks)
