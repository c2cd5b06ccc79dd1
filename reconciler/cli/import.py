"""``neoctl import``: existing jobs as a spec that is satisfied by them."""  # noqa: N999 - the verb

from __future__ import annotations

import click

from reconciler.aws.access import Access
from reconciler.cli.fleets.job_names import job_names
from reconciler.cli.imports.importing import JobImport
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.output import output_file_option, write_result
from reconciler.cli.options.outside import outside_of
from reconciler.core.identity import Owner, OwnerError


def _owner(_ctx: click.Context, _param: click.Parameter, value: str) -> Owner:
    try:
        return Owner(value)
    except OwnerError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 imported, 1 error, or a named job that could not be imported.",
)
@click.argument("names", nargs=-1, metavar="NAME...", callback=job_names)
@click.option("--prefix", metavar="PREFIX",
              help="Import the jobs whose names begin so, but those that are managed "
              "already.")  # fmt: skip
@click.option("--owner", callback=_owner, required=True, metavar="OWNER",
              help="The owner of the spec: 3 to 20 lower-case letters and digits.")  # fmt: skip
@output_file_option
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    prefix: str | None,
    owner: Owner,
    target: str | None,
    access: Access,
) -> None:
    """Write a spec of existing jobs, whoever made them: by name, or all with a prefix.

    Each job is kept by existingJob: neoctl plan compares the spec with it, and nothing ever stops,
    deletes or retags it. The spec plans empty. Failed and stopped jobs are left out.
    """
    if bool(names) == (prefix is not None):
        raise click.UsageError("give names of jobs, or --prefix")
    importing = JobImport(connected(outside_of(ctx), access), owner)
    text = importing.named(names) if prefix is None else importing.with_prefix(prefix)
    for name, reason in sorted(importing.left_out.items()):
        click.echo(f"left out {name}: {reason}", err=True)
    if text:
        write_result(text, target)
    else:
        click.echo("No job was imported.", err=True)
    ctx.exit(1 if names and importing.left_out else 0)
