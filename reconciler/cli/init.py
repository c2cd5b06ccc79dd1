"""`neoctl init`: a first spec for a model, that validates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.model.options import ReadOptions, look, model_options
from reconciler.cli.options.output import write_result
from reconciler.rules.finding import Finding, Severity
from reconciler.specs.load import STDIN

if TYPE_CHECKING:
    from reconciler.cli.model.scaffold import Wishes
    from reconciler.inspection.checks.report import InspectionReport


def _shape(
    _ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]
) -> dict[str, list[int]]:
    shapes = {}
    for pair in given:
        name, _, sizes = pair.rpartition("=")
        if not name or not re.fullmatch(r"[1-9]\d{0,8}(,[1-9]\d{0,8}){0,15}", sizes):
            raise click.BadParameter(f"{pair}: write NAME=1,3,224,224")
        shapes[name] = [int(size) for size in sizes.split(",")]
    return shapes


def _targets(
    _ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    from reconciler.rules.api import TARGET_DEVICES
    from reconciler.rules.suggestion import did_you_mean
    from reconciler.specs.targets import target_of

    for target in given:
        if target_of(target) is None or target.startswith("${"):
            wrong = f"unknown target {target}; give a device (ml_c5) or a platform (LINUX/ARM64)."
            raise click.BadParameter(f"{wrong} {did_you_mean(target, TARGET_DEVICES)}".rstrip())
    return given


def _complete_target(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from reconciler.rules.api import TARGET_DEVICES

    return [name for name in TARGET_DEVICES if name.startswith(incomplete)]


@click.command(epilog="Exit codes: 0 written, 1 not written, or written with errors to fix.")
@click.argument("model", metavar="MODEL")
@click.option(
    "--target",
    "targets",
    multiple=True,
    required=True,
    metavar="TARGET",
    callback=_targets,
    shell_complete=_complete_target,
    help="A device (ml_c5) or platform (LINUX/ARM64/NVIDIA); may be given several times.",
)
@click.option(
    "-o",
    "--output",
    "path",
    default="neo.yaml",
    show_default=True,
    metavar="FILE",
    help="Where to write the spec; - is standard output.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option(
    "--shape",
    "shapes",
    multiple=True,
    metavar="NAME=1,3,224,224",
    callback=_shape,
    help="An input's shape, where the model does not fix it; may be given several times.",
)
@click.option(
    "--name", default="", help="The model's name in the spec; by default made from MODEL."
)
@click.option("--owner", default="", help="Owner of the jobs.")
@click.option("--role", default="", metavar="ARN", help="ARN of the IAM role for Neo.")
@click.option("--s3-uri", default="", metavar="URI", help="Where MODEL is, or will be, in S3.")
@click.option("--s3-output", default="", metavar="URI", help="Where artifacts go in S3.")
@model_options
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    targets: tuple[str, ...],
    path: str,
    force: bool,
    shapes: dict[str, list[int]],
    name: str,
    owner: str,
    role: str,
    s3_uri: str,
    s3_output: str,
    reading: ReadOptions,
) -> None:
    """Write a spec for MODEL: a .tar.gz, the s3:// URI of one, or - for standard input.

    Framework and DataInputConfig are read from the model; what is not known is marked CHANGE THIS.
    """
    from reconciler.cli.model.scaffold import Wishes, scaffold

    if path != STDIN and not force and Path(path).exists():
        raise click.ClickException(f"{path} exists; overwrite it with --force")
    report = look(model, reading)
    _tell_findings(model, report)
    if not report.framework:
        raise click.ClickException(f"{model}: no supported model was found; nothing was written")
    wishes = Wishes(targets, owner, name, s3_uri, s3_output, role, shapes)
    _check_shapes(report, wishes)
    text = scaffold(model, report, wishes)
    write_result(text, None if path == STDIN else path)
    if path != STDIN:
        click.echo(f"Wrote {path}.", err=True)
    failed = _tell_problems(text, path, report) + _errors(report.findings)
    ctx.exit(1 if failed else 0)


def _tell_findings(model: str, report: InspectionReport) -> None:
    from reconciler.cli.model.report import finding_lines

    for finding in report.findings:
        for line in finding_lines(finding, model):
            click.echo(line, err=True)


def _check_shapes(report: InspectionReport, wishes: Wishes) -> None:
    """Refuse shapes for inputs that the model does not have."""
    known = [item.name for item in report.config.inputs]
    for name in wishes.shapes:
        if name not in known:
            raise click.ClickException(
                f"--shape {name}: unknown input; the model has {', '.join(known) or 'none'}"
            )


def _tell_problems(text: str, path: str, report: InspectionReport) -> int:
    """Print what is wrong with the spec, by itself and for its model; return how many errors."""
    from reconciler.cli.model.spec_check import check_jobs
    from reconciler.specs.checking import check, merged
    from reconciler.specs.load import load_text

    loaded = load_text(text, "<stdout>.yaml" if path == STDIN else path)
    found = [
        item
        for item in merged([*check(loaded), *check_jobs(loaded.jobs, report)])
        if item.finding.severity is not Severity.INFO
    ]
    for item in found:
        finding, line = item.finding, item.position[0]
        rule = f"{finding.severity.value}[{finding.code} {finding.slug}]"
        click.echo(f"{path}:{line}: {rule} {finding.message}", err=True)
    return _errors(item.finding for item in found)


def _errors(findings: Iterable[Finding]) -> int:
    return sum(finding.severity is Severity.ERROR for finding in findings)
