"""`neoctl inspect`: what is in a model archive, and whether specs agree with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reconciler.spec.inspection.gunzip import ByteStream
    from reconciler.spec.inspection.inspect import Report
    from reconciler.spec.inspection.render import Placed

COULD_NOT_RUN = 2


@contextmanager
def opened(
    model: str, profile: str | None, region: str | None, endpoint_url: str | None
) -> Iterator[ByteStream]:
    """A model by path, s3:// URI or ``-``, as a stream.

    Raises:
        OSError: It cannot be read.
    """
    if model == "-":
        yield sys.stdin.buffer
    elif model.startswith("s3://"):
        from reconciler.aws.objects import open_object

        yield open_object(model, profile=profile, region=region, endpoint_url=endpoint_url)
    else:
        if Path(model).is_dir():
            raise IsADirectoryError(
                None, "it is a folder; pack it: tar czf model.tar.gz -C FOLDER .", model
            )
        with Path(model).open("rb") as file:
            yield file


def look(
    model: str,
    *,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    max_gib: float,
    timeout: float,
) -> Report:
    """The report on a model; ends with exit code 2 if its bytes cannot be had."""
    from reconciler.spec.inspection.inspect import inspect_stream
    from reconciler.spec.inspection.limits import Budget, Limits

    size = int(max_gib * (1 << 30))
    budget = Budget(Limits(archive_bytes=size, expanded_bytes=size, seconds=timeout))
    try:
        with opened(model, profile, region, endpoint_url) as stream:
            return inspect_stream(stream, budget, model)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {where}{error.strerror or error}", err=True)
        click.get_current_context().exit(COULD_NOT_RUN)


model_argument = click.argument("model", metavar="MODEL")
profile_option = click.option("--profile", help="AWS profile, for s3:// models.")
region_option = click.option("--region", help="AWS region, for s3:// models.")
endpoint_option = click.option(
    "--endpoint-url", help="Endpoint of S3, if not AWS's.", metavar="URL"
)
size_option = click.option(
    "--max-gib",
    type=click.FloatRange(min=0, min_open=True, max=1024),
    default=8.0,
    show_default=True,
    help="Most that is read, packed and unpacked, in GiB.",
)
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Most time that is spent.",
)


@click.command("inspect")
@model_argument
@click.option(
    "--spec",
    "specs",
    multiple=True,
    metavar="FILE",
    help="Check the jobs of this spec against the model; may be given several times.",
)
@click.option(
    "--job", "jobs", multiple=True, metavar="NAME", help="With --spec: only jobs of this name."
)
@click.option(
    "--var",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --spec: a variable's value.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@profile_option
@region_option
@endpoint_option
@size_option
@timeout_option
def command(
    model: str,
    specs: tuple[str, ...],
    jobs: tuple[str, ...],
    variables: tuple[str, ...],
    form: str,
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    max_gib: float,
    timeout: float,
) -> None:
    """Look into MODEL: a .tar.gz, an s3:// URI of one, or - for standard input.

    Tells framework, inputs, shapes and the DataInputConfig that follows, and what Neo is known to
    refuse. The archive is read as a stream; nothing in it is unpickled, executed or written to
    disk under its own name.

    Exit codes: 0 no errors, 1 errors found, 2 could not run.
    """
    report = look(
        model,
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
        max_gib=max_gib,
        timeout=timeout,
    )
    from reconciler.spec.inspection.render import Placed

    placed = [Placed(finding, model) for finding in report.findings]
    checked: list[str] | None = None
    if specs:
        checked, more = _against(specs, jobs, variables, model, report)
        placed += more
    _tell(model, report, placed, checked, form)


def _against(
    specs: tuple[str, ...],
    jobs: tuple[str, ...],
    variables: tuple[str, ...],
    model: str,
    report: Report,
) -> tuple[list[str], list[Placed]]:
    from reconciler.spec.inspection.in_specs import SpecError, check_specs

    given = dict(pair.partition("=")[::2] for pair in variables)
    try:
        return check_specs(specs, set(jobs), given, os.environ, model, report)
    except SpecError as error:
        for line in error.lines:
            click.echo(line, err=True)
        click.get_current_context().exit(COULD_NOT_RUN)


def _tell(
    model: str, report: Report, placed: list[Placed], checked: list[str] | None, form: str
) -> None:
    from reconciler.spec.inspection import render

    errors = sum(item.finding.severity == "error" for item in placed)
    if form == "json":
        click.echo(render.as_json(model, report, placed, checked))
    else:
        for line in render.as_text(model, report):
            click.echo(line)
        for item in placed:
            click.echo()
            _tell_finding(list(render.finding_lines(item)), item.finding.severity)
        click.echo()
        click.echo(_summary(placed, checked))
    click.get_current_context().exit(1 if errors else 0)


def _tell_finding(lines: list[str], severity: str) -> None:
    colour = {"error": "red", "warning": "yellow"}.get(severity, "blue")
    plain = "NO_COLOR" in os.environ
    first = lines[0].replace(severity, click.style(severity, fg=colour, bold=True), 1)
    click.echo(lines[0] if plain else first)
    for line in lines[1:]:
        click.echo(line)


def _summary(placed: list[Placed], checked: list[str] | None) -> str:
    errors = sum(item.finding.severity == "error" for item in placed)
    warnings = sum(item.finding.severity == "warning" for item in placed)
    jobs = "" if checked is None else f"{len(checked)} jobs checked, "
    if not errors and not warnings:
        return jobs + "no findings."
    return f"{jobs}{errors} errors, {warnings} warnings."
