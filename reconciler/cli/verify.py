"""``neoctl verify``: whether a compiled artifact is what was ordered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import click

from reconciler.aws.access import Access
from reconciler.cli.model.options import ReadOptions, model_options, opened, read_budget
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
from reconciler.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from reconciler.cli.findings.summary import FindingsReport
    from reconciler.cli.options.outside import ConnectedAccount, Outside
    from reconciler.cli.verification.orders import VerifyOrder
    from reconciler.inspection.gunzip import ByteStream
    from reconciler.specs.checking import Located
    from reconciler.specs.job import SpecJob
    from reconciler.verification.artifact import Artifact

Verified = tuple["VerifyOrder", "Artifact", list["Located"]]


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
    and inputs against DataInputConfig. Nothing of the artifact is run.
    """
    from reconciler.cli.verification.orders import OrderReader, device_of

    account = _account(outside_of(ctx), reading)
    reader = OrderReader(
        account=account, jobs=_spec_jobs(specs, var_pairs, var_files), chosen=frozenset(jobs),
        owner=owner, target=target, model=model, device=device_of(device),
    )  # fmt: skip
    opener = ArchiveOpener(account, reading)
    unwanted = selected_codes(ignore)
    verified = [_verified(reader.read(each), opener, unwanted) for each in arguments]
    click.echo(_rendered(verified, output, strict), nl=False, color=True)
    severities = {item.finding.severity for _, _, found in verified for item in found}
    failed = Severity.ERROR in severities or (strict and Severity.WARNING in severities)
    ctx.exit(1 if failed else 0)


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


@dataclass(frozen=True, slots=True)
class ArchiveOpener:
    """Opens archives: a job's with the account's client, others as `inspect` does."""

    account: Callable[[], ConnectedAccount]
    reading: ReadOptions

    def open(self, where: str, order: VerifyOrder) -> AbstractContextManager[ByteStream]:
        """Return a stream of an archive of the order. Raises OSError."""
        if order.in_account and where.startswith("s3://"):
            return nullcontext(self.account().open_artifact(where))
        return opened(where, self.reading)


def _verified(order: VerifyOrder, opener: ArchiveOpener, unwanted: frozenset[str]) -> Verified:
    """Read and check one artifact; exit with 2 if it cannot be read."""
    from reconciler.verification.artifact import contents_of, read_artifact
    from reconciler.verification.checks import check_artifact

    expected = order.expected
    try:
        with opener.open(order.where, order) as stream:
            artifact = read_artifact(stream, read_budget(opener.reading), order.digest)
        if artifact.models and order.model:
            with opener.open(order.model, order) as stream:
                files = contents_of(stream, read_budget(opener.reading))
            expected = replace(expected, model_files=files)
    except (OSError, PortError) as error:
        could_not_run(f"{order.name}: {getattr(error, 'strerror', None) or error}")
    found = [one for one in check_artifact(artifact, expected) if one.code not in unwanted]
    return order, artifact, [_located(finding, order) for finding in found]


def _located(finding: Finding, order: VerifyOrder) -> Located:
    """Return a finding at its place: in the spec if a device's profile is contradicted there."""
    from reconciler.specs.checking import Located
    from reconciler.specs.source import Source

    job = order.job
    if job is not None and job.device and finding.path.startswith("device"):
        origin = job.origin
        return Located(finding, origin.document.source, origin.offset(finding.path), order.name)
    return Located(finding, Source(order.name, ""), 0, job.name if job else "")


def _rendered(verified: Sequence[Verified], output: str, strict: bool) -> str:
    from reconciler.cli.findings.summary import FindingsReport

    report = FindingsReport(
        [item for _, _, found in verified for item in found], len(verified), 0, unit="artifact"
    )
    match output:
        case "json":
            from reconciler.cli.findings import as_json
            from reconciler.cli.verification import facts

            about = [facts.data(order, artifact) for order, artifact, _ in verified]
            return as_json.render(report, artifacts=about)
        case "junit":
            from reconciler.cli.findings import junit

            names = [order.name for order, _, _ in verified]
            return junit.render(report, names, strict=strict, verb="verify")
        case "markdown":
            from reconciler.cli.verification import markdown

            return markdown.render(report, [order.name for order, _, _ in verified])
        case _:
            return _text(verified, report)


def _text(verified: Sequence[Verified], report: FindingsReport) -> str:
    from reconciler.cli.findings import text
    from reconciler.cli.findings.colour import painter
    from reconciler.cli.verification import facts

    about = ["\n".join(facts.lines(order, artifact)) + "\n\n" for order, artifact, _ in verified]
    return "".join(about) + text.render(report, painter(), infos=True)
