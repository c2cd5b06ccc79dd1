"""``neoctl verify``: whether a compiled artifact is what was ordered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import click

from reconciler.aws.access import Access
from reconciler.cli.model.options import ReadOptions, model_options, read_budget
from reconciler.cli.options.output import format_option
from reconciler.cli.options.outside import outside_of
from reconciler.cli.options.rule_selection import selected_codes
from reconciler.cli.options.specs import (
    SpecCommand,
    could_not_run,
    has_errors,
    read_specs,
    variable_options,
)
from reconciler.core.ports import PortError
from reconciler.rules.finding import Severity

if TYPE_CHECKING:
    from reconciler.cli.findings.summary import FindingsReport
    from reconciler.cli.options.outside import ConnectedAccount, Outside
    from reconciler.cli.verification.running import RunSettings
    from reconciler.cli.verification.verifying import Verified
    from reconciler.specs.job import SpecJob


@click.command(
    cls=SpecCommand,
    epilog="Exit codes: 0 no errors, 1 errors (with --strict warnings too), 2 could not run.",
)
@click.argument("arguments", nargs=-1, required=True, metavar="ARTIFACT...")
@click.option(
    "--spec", "specs", multiple=True, metavar="PATH",
    help="Compare with the jobs of this spec: logical names (resnet18/ml_c5) may then be given, "
    "and the spec's device profiles are used.",
)  # fmt: skip
@click.option(
    "--job", "jobs", multiple=True, metavar="NAME",
    help="With --spec: the job that a file is compared with.",
)  # fmt: skip
@click.option("--owner", metavar="OWNER", help="Whose the jobs of raw requests are.")
@click.option(
    "--target", default="", metavar="TARGET",
    help="For a file without a spec: the device (ml_c5) or platform (LINUX/ARM64) it is for.",
)  # fmt: skip
@click.option(
    "--device", "device", multiple=True, metavar="KEY=VALUE",
    help="What the device has: glibc, libstdcxx, runtime, jetpack, libraries (a,b). Wins over the "
    "spec's device.",
)  # fmt: skip
@click.option(
    "--model", default="", metavar="MODEL",
    help="The input model's archive, to see whether it was merely passed through. By default the "
    "job's own.",
)  # fmt: skip
@click.option(
    "--run", "runs", is_flag=True,
    help="Also run the artifact on this machine, in a sandbox, and compare its answers to random "
    "inputs with those of the model's own runtime. Other processors are emulated by qemu, if it is "
    "on the PATH. Artifacts of the local engine only.",
)  # fmt: skip
@click.option("--seed", default=7, show_default=True, help="With --run: which inputs are tried.")
@click.option(
    "--tolerance", type=click.FloatRange(min=0), default=1e-4, show_default=True,
    help="With --run: the largest difference, relative to outputs above 1.",
)  # fmt: skip
@format_option(("text", "json", "markdown", "junit"))
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Leave out these rules.")
@variable_options
@model_options
@click.pass_context
def command(
    ctx: click.Context,
    arguments: tuple[str, ...],
    specs: tuple[str, ...],
    jobs: tuple[str, ...],
    owner: str | None,
    target: str,
    device: tuple[str, ...],
    model: str,
    runs: bool,
    seed: int,
    tolerance: float,
    output: str,
    strict: bool,
    ignore: tuple[str, ...],
    var_pairs: tuple[str, ...],
    var_files: tuple[str, ...],
    reading: ReadOptions,
) -> None:
    """Verify compiled artifacts: is each what was ordered?

    ARTIFACT is a .tar.gz, the s3:// URI of one, - for standard input, or the name of a COMPLETED
    compilation job, whose artifact is then read from S3. Checked are the digest, that the model was
    compiled and not passed through, the library's architecture and needs against target and device,
    and inputs against DataInputConfig. Nothing of the artifact is run, unless --run asks for it.
    """
    from reconciler.cli.verification.orders import OrderReader, device_of
    from reconciler.cli.verification.verifying import ArchiveOpener, verified

    account = _account(outside_of(ctx), reading)
    reader = OrderReader(
        account=account, budget=read_budget(reading),
        jobs=_spec_jobs(specs, var_pairs, var_files), chosen=frozenset(jobs), owner=owner,
        target=target, model=model, device=device_of(device),
    )  # fmt: skip
    opener = ArchiveOpener(account, reading)
    unwanted = selected_codes(ignore)
    settings = _run_settings(seed, tolerance, reading) if runs else None
    done = [verified(reader.read(each), opener, unwanted, settings) for each in arguments]
    click.echo(_rendered(done, output, strict), nl=False, color=True)
    severities = {item.finding.severity for each in done for item in each.findings}
    failed = Severity.ERROR in severities or (strict and Severity.WARNING in severities)
    ctx.exit(1 if failed else 0)


def _run_settings(seed: int, tolerance: float, reading: ReadOptions) -> RunSettings:
    """Return how artifacts are run: by the Python that the embedded AWS runs with."""
    from reconciler.cli import local_environment
    from reconciler.cli.local import default_data, package_folder
    from reconciler.cli.verification.running import RunSettings

    package = package_folder()
    data = default_data()
    python = local_environment.find(package, data)
    size = read_budget(reading).limits.archive_bytes
    return RunSettings(
        python, package.parent, (data, package.parent), seed, tolerance, reading.timeout, size
    )  # fmt: skip


def _spec_jobs(
    specs: tuple[str, ...], var_pairs: tuple[str, ...], var_files: tuple[str, ...]
) -> Sequence[SpecJob]:
    """Return the jobs of the specs, or exit with 2 if they have errors."""
    if not specs:
        return ()
    loaded = read_specs(specs, var_pairs, var_files)
    if has_errors(loaded):
        could_not_run("the specs have errors")
    return loaded.jobs


def _account(outside: Outside, reading: ReadOptions) -> Callable[[], ConnectedAccount]:
    """Return what connects to the account, once and only if it is needed."""

    @cache
    def connected() -> ConnectedAccount:
        try:
            return outside.connect(Access(reading.profile, reading.region))
        except PortError as error:
            could_not_run(str(error))

    return connected


def _rendered(done: Sequence[Verified], output: str, strict: bool) -> str:
    from reconciler.cli.findings.summary import FindingsReport

    found = [item for each in done for item in each.findings]
    report = FindingsReport(found, len(done), 0, unit="artifact")
    match output:
        case "json":
            from reconciler.cli.findings import as_json
            from reconciler.cli.verification import facts

            return as_json.render(report, artifacts=[facts.data(each) for each in done])
        case "junit":
            from reconciler.cli.findings import junit

            names = [each.order.name for each in done]
            return junit.render(report, names, strict=strict, verb="verify")
        case "markdown":
            from reconciler.cli.verification import markdown
            from reconciler.cli.verification.running import run_facts

            runs = [
                f"{each.order.name}: {name} {value}"
                for each in done if each.run
                for name, value in run_facts(each.run)
            ]  # fmt: skip
            return markdown.render(report, [each.order.name for each in done], runs)
        case _:
            return _text(done, report)


def _text(done: Sequence[Verified], report: FindingsReport) -> str:
    from reconciler.cli.findings import text
    from reconciler.cli.findings.colour import painter
    from reconciler.cli.verification import facts

    about = ["\n".join(facts.lines(each)) + "\n\n" for each in done]
    return "".join(about) + text.render(report, painter(), infos=True)
