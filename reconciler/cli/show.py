"""``neoctl show``: a plan that was written by ``plan --out``, in any format."""

from __future__ import annotations

import click

from reconciler.cli.options.account import AccountCommand
from reconciler.cli.plans.files import read_plans
from reconciler.cli.plans.rendering import format_options, rendered_together


@click.command(cls=AccountCommand, epilog="Exit codes: 0 shown, 1 error.")
@click.argument("plans", nargs=-1, required=True, type=click.Path(exists=True), metavar="PLAN...")
@format_options
@click.option("--digest", is_flag=True,
              help="Print nothing but the digest, as --expect takes it.")  # fmt: skip
def command(plans: tuple[str, ...], output: str, show: str, digest: bool) -> None:
    """Show a PLAN that neoctl plan --out wrote; of several places, their folder.

    It reads no account and no spec.
    """
    documents, is_only = read_plans(plans)
    if digest:
        click.echo(" ".join(document.digest for document in documents))
        return
    click.echo(rendered_together(documents, output, show, is_only=is_only), nl=False)
