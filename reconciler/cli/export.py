"""``neoctl export``: declared jobs in the form of another tool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli.exports.cdk_app import STACK, CdkApp, VpcNeeded
from reconciler.cli.exports.cli_script import cli_script
from reconciler.cli.exports.template import SynthesisFailed, write_template
from reconciler.cli.options.account import AccountCommand
from reconciler.cli.options.declared import SpecOptions, spec_options, spec_paths
from reconciler.cli.options.output import write_result
from reconciler.cli.options.specs import (
    could_not_run,
    has_errors,
    read_policy,
    read_specs,
    require_values,
)
from reconciler.specs.job import SpecJob


@click.command(cls=AccountCommand, epilog="Exit codes: 0 exported, 1 error.")
@spec_paths
@click.option("--to", "form", type=click.Choice(("cli", "cdk", "cloudformation")), required=True,
              help="cli: a shell script of AWS CLI commands. cdk: a CDK app in Python. "
              "cloudformation: a folder with template and assets.")  # fmt: skip
@click.option("-o", "--output", "target", type=click.Path(), metavar="FILE|FOLDER",
              help="Where to write; standard output unless given. cloudformation needs a "
              "folder.")  # fmt: skip
@click.option("--region", metavar="REGION", help="AWS region; by default the specs' own.")
@click.option("--vpc-id", metavar="ID",
              help="The VPC of the jobs' subnets, which the CDK wants to know.")  # fmt: skip
@spec_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str,
    target: str | None,
    region: str | None,
    vpc_id: str | None,
    specs: SpecOptions,
) -> None:
    """Export declared jobs: the requests are plain ones, and outlive this tool.

    No account is read, and nothing is changed.
    """
    jobs = _jobs(paths, specs, region)
    if form == "cli":
        write_result(cli_script(jobs, specs.owner, region), target)
        return
    place = region or next((job.region for job in jobs if job.region), None)
    try:
        code = CdkApp(place, vpc_id).text([job.declaration(specs.owner) for job in jobs])
        if form == "cdk":
            write_result(code, target)
        else:
            _write_template(code, target)
    except (VpcNeeded, SynthesisFailed) as error:
        raise click.ClickException(str(error)) from error
    ctx.exit(0)


def _jobs(paths: Sequence[str], specs: SpecOptions, region: str | None) -> list[SpecJob]:
    loaded = read_specs(tuple(paths), specs.var_pairs, specs.var_files)
    if has_errors(loaded, region=region, policy=read_policy(specs.policy_file)):
        could_not_run("the specs have errors")
    require_values(loaded.jobs)
    jobs = [job for job in loaded.jobs if specs.patterns.selects(job.name)]
    for job in jobs:
        if job.owner is None and specs.owner is None:
            could_not_run(f"{job.name} is a raw request; say whose it is with --owner")
    return jobs


def _write_template(code: str, target: str | None) -> None:
    if target is None:
        could_not_run("--to cloudformation needs a folder: -o FOLDER")
    write_template(code, Path(target))
    click.echo(f"{target}/{STACK}.template.json. Its functions are assets beside it; deploy both "
               f"with cdk deploy --app {target}", err=True)  # fmt: skip
