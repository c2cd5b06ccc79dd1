"""``neoctl ci init``: write the workflow that checks, plans, applies and looks for drift."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.pipelines.workflow_files import (
    PATHS,
    WorkflowChoices,
    WorkflowError,
    workflow_text,
)


@click.group()
def command() -> None:
    """Run neoctl in pipelines."""


@command.command(epilog="Exit codes: 0 written, 1 error.")
@click.argument("system", type=click.Choice(tuple(PATHS)))
@click.option("--specs", default="specs", show_default=True, metavar="PATH",
              help="The file or folder of specs.")  # fmt: skip
@click.option("--region", default="us-east-1", show_default=True, metavar="REGION",
              help="Where jobs are compiled.")  # fmt: skip
@click.option("--branch", default="main", show_default=True, metavar="NAME",
              help="The branch whose specs are applied (github).")  # fmt: skip
@click.option("--policy", metavar="FILE",
              help="The file of your organisation's demands on every job.")  # fmt: skip
@click.option("--path", type=click.Path(dir_okay=False), metavar="FILE",
              help="Where to write. [default: where the system looks]")  # fmt: skip
def init(
    system: str, specs: str, region: str, branch: str, policy: str | None, path: str | None
) -> None:
    """Write a workflow for github, gitlab or pre-commit. Overwrites nothing.

    It validates specs, plans them with a comment on the pull request, applies what was approved,
    and looks for drift every night. Credentials are short-lived (OIDC), one role to plan and one
    to apply.
    """
    target = Path(path or PATHS[system])
    try:
        text = workflow_text(system, WorkflowChoices(specs, region, branch, policy))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except WorkflowError as error:
        raise click.UsageError(str(error)) from error
    except FileExistsError as error:
        raise click.ClickException(
            f"{target} exists. Write elsewhere with --path, and merge the two."
        ) from error
    click.echo(f"Wrote {target}. Its first lines say what is to be done before the first run.")
