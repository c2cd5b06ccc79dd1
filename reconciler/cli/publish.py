"""``neoctl publish``: specs, uploaded for a ContinuousReconciliation to bring about."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.options.account import AccountCommand, account_options, connected
from reconciler.cli.options.outside import outside_of
from reconciler.cli.options.specs import (
    CouldNotRun,
    could_not_run,
    has_errors,
    read_policy,
    read_specs,
    variable_options,
)
from reconciler.cli.pipelines.publication import (
    DEFAULT_KEY,
    LocationError,
    Publication,
    S3Place,
    failures,
    fleet_state,
)
from reconciler.core.fleet.manifest import Manifest
from reconciler.specs.build import fleet_document

_TIMEOUT: Final = 7200
_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")


def _account_id(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _ACCOUNT_ID.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not an account id: write its 12 digits")
    return value


@click.command(cls=AccountCommand, epilog="Exit codes: 0 published, 1 error or a job failed.")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True)
)
@click.option("--to", required=True, metavar="S3_URI",
              help=f"The bucket and key that uploads are taken from; s3://bucket means its "
              f"{DEFAULT_KEY}.")  # fmt: skip
@click.option("--expected-bucket-owner", "bucket_owner", metavar="ID", callback=_account_id,
              help="Upload only if the bucket belongs to this account.")  # fmt: skip
@click.option("--wait", "manifest", metavar="MANIFEST",
              help="Wait for the jobs; MANIFEST is the S3 URI of the fleet's manifest "
              "(manifest_uri).")  # fmt: skip
@click.option("--timeout", type=click.IntRange(min=1), default=_TIMEOUT, show_default=True,
              metavar="SECONDS", help="How long to wait.")  # fmt: skip
@click.option("--policy", "policy_file", metavar="FILE", type=click.Path(dir_okay=False),
              help="Your organisation's demands on every job, a YAML or JSON map.")  # fmt: skip
@account_options
@variable_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    to: str,
    bucket_owner: str | None,
    manifest: str | None,
    timeout: int,
    policy_file: str | None,
    access: Access,
    var_pairs: tuple[str, ...],
    var_files: tuple[str, ...],
) -> None:
    """Publish specs: upload them to where a ContinuousReconciliation takes them.

    The fleet then brings them about: at once if the bucket sends its events to EventBridge, else
    by its schedule. Variables that are declared late stay references; the fleet has their values.
    """
    try:
        place = S3Place.of(to, DEFAULT_KEY)
        watched = None if manifest is None else S3Place.of(manifest)
        body = _built(paths, var_pairs, var_files, policy_file)
        outside = outside_of(ctx)
        account = connected(outside, access)
        state = None if watched is None else fleet_state(account.buckets, watched)
    except LocationError as error:
        could_not_run(str(error))
    account.buckets.bucket(place.bucket, bucket_owner).put(place.key, body)
    click.echo(f"Published to s3://{place.bucket}/{place.key}.", err=True)
    if state is not None:
        publication = Publication(body, state, outside.clock, outside.pause)
        _report(publication.wait(timedelta(seconds=timeout)), timeout)


def _built(
    paths: tuple[str, ...],
    var_pairs: tuple[str, ...],
    var_files: tuple[str, ...],
    policy_file: str | None,
) -> bytes:
    policy = read_policy(policy_file)
    loaded = read_specs(paths, var_pairs, var_files)
    if has_errors(loaded, policy=policy):
        raise CouldNotRun
    for what, found in (
        ("account", {job.account for job in loaded.jobs if job.account}),
        ("region", {job.region for job in loaded.jobs if job.region}),
    ):
        if len(found) > 1:
            could_not_run(f"a fleet runs in one {what}, the specs name {', '.join(sorted(found))}")
    return f"{fleet_document(loaded.jobs).text()}\n".encode()


def _report(manifest: Manifest | None, timeout: int) -> None:
    if manifest is None:
        raise click.ClickException(
            f"timed out after {timeout} s; the fleet continues. Its manifest says how far it is."
        )
    counts = manifest.counts
    for name, reason in failures(manifest).items():
        click.echo(f"  {name}: {reason}")
    click.echo(f"Generation {manifest.generation}: {counts.completed} of {counts.total} compiled.")
    if counts.failed:
        raise click.ClickException(f"{counts.failed} jobs failed")
