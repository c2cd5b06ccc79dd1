"""`neoctl inspect`: what is in a model archive, and whether specs agree with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.findings.colour import Paint, painter
from reconciler.cli.model.options import ReadOptions, look, model_options
from reconciler.cli.options.rule_selection import selected_codes
from reconciler.cli.options.specs import SpecCommand, could_not_run, read_specs, variable_options
from reconciler.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from reconciler.inspection.checks.report import InspectionReport
    from reconciler.specs.checking import Located


@click.command(
    cls=SpecCommand,
    epilog="Exit codes: 0 no errors, 1 errors (with --strict warnings too), 2 could not run.",
)
@click.argument("model", metavar="MODEL")
@click.option(
    "--spec",
    "specs",
    multiple=True,
    metavar="PATH",
    help="Check the jobs of this spec, too; may be given several times.",
)
@click.option(
    "--job",
    "jobs",
    multiple=True,
    metavar="NAME",
    help="With --spec: only this job, or the jobs of this model. Otherwise those whose S3Uri ends "
    "with MODEL's name, or all.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to report.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option(
    "--ignore", multiple=True, metavar="RULES", help="Leave out these rules (NEO831,onnx-opset)."
)
@variable_options
@model_options
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    specs: tuple[str, ...],
    jobs: tuple[str, ...],
    output: str,
    strict: bool,
    ignore: tuple[str, ...],
    var_pairs: tuple[str, ...],
    var_files: tuple[str, ...],
    reading: ReadOptions,
) -> None:
    """Inspect MODEL: a .tar.gz, the s3:// URI of one, or - for standard input.

    Report framework, inputs, shapes and the DataInputConfig that follows from them, and what Neo is
    known to refuse. The archive is read as a stream; nothing in it is unpickled, run, or written
    under its own name.
    """
    report = look(model, reading)
    located: list[Located] = []
    names: list[str] | None = None
    if specs:
        names, located = _against(specs, jobs, var_pairs, var_files, model, report)
    unwanted = selected_codes(ignore)
    report = replace(report, findings=tuple(_wanted(report.findings, unwanted)))
    located = [item for item in located if item.finding.code not in unwanted]
    _print_report(model, report, located, names, output)
    severities = [finding.severity for finding in report.findings]
    severities += [item.finding.severity for item in located]
    failed = Severity.ERROR in severities or (strict and Severity.WARNING in severities)
    ctx.exit(1 if failed else 0)


def _wanted(findings: Iterable[Finding], unwanted: frozenset[str]) -> Iterator[Finding]:
    return (finding for finding in findings if finding.code not in unwanted)


def _against(
    specs: tuple[str, ...],
    jobs: tuple[str, ...],
    var_pairs: tuple[str, ...],
    var_files: tuple[str, ...],
    model: str,
    report: InspectionReport,
) -> tuple[list[str], list[Located]]:
    """Return the checked jobs' names and what was found; exit with 2 if there are no jobs."""
    from reconciler.cli.model.spec_check import check_jobs, jobs_for

    loaded = read_specs(specs, var_pairs, var_files)
    wrong = [item for item in loaded.problems if item.problem.finding.severity is Severity.ERROR]
    for item in wrong:
        line, column = item.source.position(item.problem.offset)
        found = item.problem.finding
        click.echo(f"{item.source.name}:{line}:{column}: {found.code} {found.message}", err=True)
    if wrong:
        could_not_run("the specs have errors; run neoctl validate")
    chosen = jobs_for(loaded.jobs, set(jobs), model)
    if not chosen:
        known = ", ".join(job.name for job in loaded.jobs) or "none"
        could_not_run(f"no job to check; the specs have: {known}")
    return [job.name for job in chosen], check_jobs(chosen, report)


def _print_report(
    model: str,
    report: InspectionReport,
    located: list[Located],
    names: list[str] | None,
    output: str,
) -> None:
    from reconciler.cli.findings.summary import counted
    from reconciler.cli.model import report as render

    if output == "json":
        click.echo(render.as_json(model, report, located, names))
        return
    for line in render.as_text(model, report):
        click.echo(line)
    for finding in report.findings:
        click.echo()
        head, *rest = render.finding_lines(finding, model)
        click.echo(_painted(finding.severity.value, head, painter()), color=True)
        for line in rest:
            click.echo(line)
    click.echo()
    if names is None:
        counts = counted(finding.severity for finding in report.findings)
        click.echo(f"{counts or 'No problems found'}.")
    else:
        _print_checked_jobs(located, names)


def _print_checked_jobs(located: list[Located], names: list[str]) -> None:
    from reconciler.cli.findings import summary, text
    from reconciler.specs.checking import merged

    files = len({item.source.name for item in located}) or 1
    checked = summary.FindingsReport(merged(located), len(names), files)
    click.echo(text.render(checked, painter()), nl=False, color=True)


def _painted(severity: str, head: str, paint: Paint) -> str:
    mark, bracket, rest = head.partition("] ")
    return paint(severity, mark + bracket.strip()) + " " + rest
