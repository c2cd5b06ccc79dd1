"""``neoctl artifacts``: what jobs compiled, where it is, and whether its bytes are intact."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from reconciler.aws.access import Access
from reconciler.cli.findings.printable import printable
from reconciler.cli.findings.units import bytes_text
from reconciler.cli.fleets.artifact_reading import ArtifactReader, ArtifactReport
from reconciler.cli.fleets.job_names import job_names
from reconciler.cli.fleets.provenance_writing import write_provenance
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.output import format_option
from reconciler.cli.options.outside import outside_of


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 all there, and intact as far as was checked, 1 error, or an artifact is "
    "missing or damaged.",
)
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...", callback=job_names)
@click.option("--download", "folder", type=click.Path(file_okay=False, path_type=Path),
              metavar="DIR", help="Write each artifact to DIR/JOB.tar.gz, if its bytes have the "
              "digest that its job gives.")  # fmt: skip
@click.option("--check", "checks", is_flag=True,
              help="Read each artifact and compare its digest, without keeping it.")  # fmt: skip
@click.option("--accept-any-digest", is_flag=True,
              help="Keep bytes that do not have the digest; the report says so.")  # fmt: skip
@click.option("--provenance", "proves", is_flag=True,
              help="With --download: write DIR/JOB.intoto.json, too: which job made the artifact "
              "of what (in-toto, SLSA). Reads the input model for its digest, if that may be read. "
              "neoctl verify reads it.")  # fmt: skip
@format_option(("text", "json"))
@account_options
@click.pass_context
def command(
    ctx: click.Context,
    jobs: tuple[str, ...],
    folder: Path | None,
    checks: bool,
    accept_any_digest: bool,
    proves: bool,
    output: str,
    access: Access,
) -> None:
    """Show where the artifact of each JOB is, its size and its digest.

    JOB is a CompilationJobName. A file is written whole or not at all, under the job's name.
    """
    if proves and folder is None:
        raise click.UsageError("--provenance needs --download: it is about the file that is kept")
    account = connected(outside_of(ctx), access)
    reader = ArtifactReader(
        account, folder, checks=checks, accept_any_digest=accept_any_digest,
        provenance=partial(write_provenance, account) if proves else None,
    )  # fmt: skip
    reports = [reader.report(job) for job in jobs]
    if output == "json":
        click.echo(json.dumps([asdict(each) for each in reports], indent=2, default=str))
    else:
        for each in reports:
            click.echo("\n".join(map(printable, _lines(each))))
    ctx.exit(1 if any(each.error for each in reports) else 0)


def _lines(report: ArtifactReport) -> list[str]:
    lines = [f"{report.job}: {report.error}" if report.error else report.job]
    if report.artifact:
        lines.append(f"    {report.artifact} ({bytes_text(report.size)})")
    if report.digest:
        verdict = f" ({report.verdict})" if report.verdict else ""
        lines.append(f"    digest {report.digest}{verdict}")
    if report.path:
        lines.append(f"    written to {report.path}")
    if report.provenance:
        lines.append(f"    provenance in {report.provenance}")
    return lines
