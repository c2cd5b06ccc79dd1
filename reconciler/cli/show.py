"""``neoctl show``: a plan that was written by ``plan --out``, in any format."""

from __future__ import annotations

import click

from reconciler.cli.options.account import AccountCommand
from reconciler.cli.plans.files import read
from reconciler.cli.plans.rendering import format_options, rendered


@click.command(cls=AccountCommand, epilog="Exit codes: 0 shown, 1 error.")
@click.argument("plan", type=click.Path(exists=True, dir_okay=False), metavar="PLAN")
@format_options
def command(plan: str, output: str, show: str) -> None:
    """Show a PLAN that neoctl plan --out wrote. It reads no account and no spec."""
    click.echo(rendered(read(plan), output, show), nl=False)
