"""``neoctl export``: declared jobs in the form of another tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from reconciler.cli.exports.cdk_app import cdk_app, stack_names
from reconciler.cli.exports.cdk_stack import ExportedStack, VpcNeeded
from reconciler.cli.exports.cli_script import SeveralAccounts, cli_script
from reconciler.cli.exports.template import SynthesisFailed, write_template
from reconciler.cli.options.account import AccountCommand
from reconciler.cli.options.declared import (
    SpecOptions,
    require_region,
    spec_options,
    spec_paths,
)
from reconciler.cli.options.output import write_result
from reconciler.cli.options.specs import (
    could_not_run,
    has_errors,
    read_policy,
    read_specs,
    require_values,
)
from reconciler.core.declaration import Declaration
from reconciler.specs.job import SpecJob


def _vpc_ids(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return VPCs by region; that of all regions has none."""
    parts = [value.rpartition("=") for value in values]
    return tuple((region, vpc_id) for region, _, vpc_id in parts)


@click.command(cls=AccountCommand, epilog="Exit codes: 0 exported, 1 error.")
@spec_paths
@click.option("--to", "form", type=click.Choice(("cli", "cdk", "cloudformation")), required=True,
              help="cli: a shell script of AWS CLI commands. cdk: a CDK app in Python. "
              "cloudformation: a folder with template and assets.")  # fmt: skip
@click.option("-o", "--output", "target", type=click.Path(), metavar="FILE|FOLDER",
              help="Where to write; standard output unless given. cloudformation needs a "
              "folder.")  # fmt: skip
@click.option("--region", metavar="REGION", help="AWS region; by default the specs' own.")
@click.option("--vpc-id", "vpc_ids", multiple=True, metavar="[REGION=]ID", callback=_vpc_ids,
              help="The VPC of the jobs' subnets, which the CDK wants to know; of several regions, "
              "each by itself.")  # fmt: skip
@spec_options
def command(
    paths: tuple[str, ...],
    form: str,
    target: str | None,
    region: str | None,
    vpc_ids: tuple[tuple[str, str], ...],
    specs: SpecOptions,
) -> None:
    """Export declared jobs: the requests are plain ones, and outlive this tool.

    Jobs of several accounts or regions become a stack each, or commands with their region. No
    account is read, and nothing is changed.
    """
    jobs = _jobs(paths, specs, region)
    try:
        if form == "cli":
            write_result(cli_script(jobs, specs.owner, region), target)
            return
        stacks = _stacks(jobs, specs.owner, region, dict(vpc_ids))
        if form == "cdk":
            write_result(cdk_app(stacks), target)
        else:
            _write_template(stacks, target)
    except (SeveralAccounts, VpcNeeded, SynthesisFailed) as error:
        raise click.ClickException(str(error)) from error


def _stacks(
    jobs: Iterable[SpecJob], owner: str | None, region: str | None, vpc_ids: Mapping[str, str]
) -> list[ExportedStack]:
    """Return the jobs of each account and region."""
    places: dict[tuple[str | None, str | None], list[Declaration]] = {}
    for job in jobs:
        place = (job.region or region, job.account)
        places.setdefault(place, []).append(job.declaration(owner))
    return [
        ExportedStack(declarations, there, account, vpc_ids.get(there or "", vpc_ids.get("")))
        for (there, account), declarations in places.items()
    ]


def _jobs(paths: Sequence[str], specs: SpecOptions, region: str | None) -> list[SpecJob]:
    loaded = read_specs(tuple(paths), specs.var_pairs, specs.var_files)
    if has_errors(loaded, region=region, policy=read_policy(specs.policy_file)):
        could_not_run("the specs have errors")
    require_values(loaded.jobs)
    jobs = [job for job in loaded.jobs if specs.patterns.selects(job.name)]
    for job in jobs:
        if job.owner is None and specs.owner is None:
            could_not_run(f"{job.name} is a raw request; say whose it is with --owner")
        require_region(job, region)
    return jobs


def _write_template(stacks: Sequence[ExportedStack], target: str | None) -> None:
    if target is None:
        could_not_run("--to cloudformation needs a folder: -o FOLDER")
    write_template(cdk_app(stacks), Path(target))
    files = ", ".join(f"{target}/{name}.template.json" for name in stack_names(stacks))
    every = " --all" if len(stacks) > 1 else ""
    click.echo(f"{files}. Its functions are assets beside it; deploy both with "
               f"cdk deploy --app {target}{every}", err=True)  # fmt: skip
