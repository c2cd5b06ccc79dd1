"""``neoctl build``: specs compiled to the document of a fleet, or to requests for the AWS CLI."""

from __future__ import annotations

import click

from reconciler.cli.options.output import output_file_option, write_result
from reconciler.cli.options.specs import (
    SpecCommand,
    could_not_run,
    has_errors,
    read_owner,
    read_specs,
    require_values,
    variable_options,
)
from reconciler.specs.build import fleet_document, request_of, requests_text
from reconciler.specs.job import SpecJob

FORMATS = ("bundle", "json", "jsonl", "yaml")


@click.command(
    cls=SpecCommand,
    epilog="Exit codes: 0 done, 1 the specs have errors, 2 could not run.",
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True)
)
@click.option(
    "--format", "output", type=click.Choice(FORMATS), default="bundle",
    help="bundle: the document of a fleet, as its Lambda reads it. json, jsonl, yaml: requests in "
    "the form of the AWS CLI's --cli-input-json and --cli-input-yaml.",
)  # fmt: skip
@click.option(
    "--job",
    "names",
    multiple=True,
    metavar="NAME",
    help="Build only this job; may be given several times.",
)
@click.option("--owner", metavar="OWNER", help="Owner of the jobs that are written as requests.")
@output_file_option
@variable_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    output: str,
    names: tuple[str, ...],
    owner: str | None,
    target: str | None,
    var_pairs: tuple[str, ...],
    var_files: tuple[str, ...],
) -> None:
    """Expand specs: fill in variables and make one request for each model and target.

    Variables that are declared late stay references (${var.name}) in a bundle: the fleet that
    deploys it sets them.
    """
    read_owner(owner)
    loaded = read_specs(paths, var_pairs, var_files)
    if has_errors(loaded):
        ctx.exit(1)
    text = _built(_chosen(loaded.jobs, names), output, owner)
    write_result(text, target)


def _chosen(jobs: list[SpecJob], names: tuple[str, ...]) -> list[SpecJob]:
    known = {job.name for job in jobs}
    for name in names:
        if name not in known:
            could_not_run(f"unknown job {name}; the specs declare {', '.join(sorted(known)[:20])}")
    return [job for job in jobs if not names or job.name in names]


def _built(jobs: list[SpecJob], output: str, owner: str | None) -> str:
    if existing := [job.name for job in jobs if job.existing_job is not None]:
        could_not_run(f"{existing[0]}: existingJob is for neoctl plan and apply, not for build")
    if output == "bundle":
        return fleet_document(jobs).text() + "\n"
    require_values(jobs)
    unowned = [
        job.name for job in jobs if job.owner is None and "CompilationJobName" not in job.wire
    ]
    if unowned and owner is None:
        could_not_run(f"{unowned[0]} has no CompilationJobName; give --owner to make one")
    return requests_text([request_of(job, owner) for job in jobs], output)
