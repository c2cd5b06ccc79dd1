"""``neoctl validate``: check specs for everything that Neo is known to refuse or to fail."""

from __future__ import annotations

import click

from reconciler.cli.findings.colour import painter
from reconciler.cli.findings.summary import FindingsReport
from reconciler.cli.options.specs import (
    SpecCommand,
    read_policy,
    read_specs,
    variable_options,
)
from reconciler.rules.finding import Severity
from reconciler.specs.checking import Located, check, merged
from reconciler.specs.load import Loaded

FORMATS = ("text", "json", "github", "sarif", "junit")


@click.command(
    cls=SpecCommand,
    epilog="Exit codes: 0 no errors, 1 errors (with --strict warnings too), 2 could not run.",
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True)
)
@click.option(
    "--format", "output", type=click.Choice(FORMATS), default="text", help="How to report."
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option(
    "--policy", "policy_file", metavar="FILE", type=click.Path(dir_okay=False),
    help="Organisation policy that every job must meet, a YAML or JSON map.",
)  # fmt: skip
@click.option("--region", metavar="REGION", help="Region of the jobs. [default: the fleet's own]")
@click.option(
    "--select", multiple=True, metavar="RULES",
    help="Report only these rules: codes, prefixes of codes, names (NEO3,unknown-key).",
)  # fmt: skip
@click.option("--ignore", multiple=True, metavar="RULES", help="Leave out these rules.")
@click.option("-v", "--verbose", is_flag=True, help="Also show info-level findings.")
@variable_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    output: str,
    strict: bool,
    policy_file: str | None,
    region: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    verbose: bool,
    var_pairs: tuple[str, ...],
    var_files: tuple[str, ...],
) -> None:
    """Check specs against what Neo is known to refuse or to fail.

    PATH is a fleet file, a CreateCompilationJob request in the AWS CLI's form (YAML, JSON or
    JSON Lines), a folder of such files, or - for standard input.
    """
    policy = read_policy(policy_file)
    loaded = read_specs(paths, var_pairs, var_files)
    found = check(loaded, region=region, policy=policy)
    chosen = _selected(found, select, ignore)
    report = FindingsReport(
        chosen if output == "json" else merged(chosen), len(loaded.jobs), _files(loaded)
    )
    click.echo(_rendered(report, loaded, output, strict, verbose), nl=False)
    failed = report.count(Severity.ERROR) or (strict and report.count(Severity.WARNING))
    ctx.exit(1 if failed else 0)


def _files(loaded: Loaded) -> int:
    return len({source.name for source in loaded.sources} | {
        item.source.name for item in loaded.problems
    })  # fmt: skip


def _selected(
    found: list[Located], select: tuple[str, ...], ignore: tuple[str, ...]
) -> list[Located]:
    if not select and not ignore:
        return found
    from reconciler.cli.options.rule_selection import selected_codes

    wanted, unwanted = selected_codes(select), selected_codes(ignore)
    return [
        item
        for item in found
        if (not wanted or item.finding.code in wanted) and item.finding.code not in unwanted
    ]


def _rendered(
    report: FindingsReport, loaded: Loaded, output: str, strict: bool, verbose: bool
) -> str:
    match output:
        case "json":
            from reconciler.cli.findings import as_json

            return as_json.render(report)
        case "github":
            from reconciler.cli.findings import github

            return github.render(report)
        case "sarif":
            from reconciler.cli.findings import sarif
            from reconciler.cli.pages.rules import pages_of_specs

            return sarif.render(report, pages_of_specs())
        case "junit":
            from reconciler.cli.findings import junit

            names = [source.name for source in loaded.sources]
            return junit.render(report, names, strict=strict)
        case _:
            from reconciler.cli.findings import text

            return text.render(report, painter(), infos=verbose)
