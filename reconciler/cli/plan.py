"""``neoctl plan``: what would be done so that the account agrees with the specs, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from reconciler.cli.options.account import AccountCommand
from reconciler.cli.options.declared import spec_paths
from reconciler.cli.options.outside import AccountView, outside_of
from reconciler.cli.plans.document import Basis, PlanDocument
from reconciler.cli.plans.files import text_of
from reconciler.cli.plans.options import PlanRequest, plan_options
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.recorded import RecordedAccount, SavedAccount
from reconciler.cli.plans.rendering import format_options, rendered
from reconciler.cli.plans.snapshot import read_snapshot

_CHANGES: Final = 2


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 planned, 1 error; with --detailed-exitcode 2 if there are changes.",
)
@spec_paths
@format_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE",
              help="Write the plan to a file, for neoctl show and apply.")  # fmt: skip
@click.option("--save-snapshot", type=click.Path(dir_okay=False), metavar="FILE",
              help="Keep what was read of the account, for --against.")  # fmt: skip
@click.option("--against", type=click.Path(exists=True, dir_okay=False), metavar="SNAPSHOT",
              help="Plan against a snapshot: no credentials, no calls.")  # fmt: skip
@click.option("--offline", is_flag=True, help="Read no account: names and rules alone.")
@plan_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    asked: PlanRequest,
    output: str,
    show: str,
    detailed_exitcode: bool,
    out: str | None,
    save_snapshot: str | None,
    against: str | None,
    offline: bool,
) -> None:
    """Plan specs: which jobs would be created, stopped, retagged, and why.

    Jobs are looked up by one List of each owner's. Nothing is changed. A job that no spec
    declares is left alone, unless it is an older one of a declared job, or --prune is given.
    """
    _refuse_combinations(detailed_exitcode, out, save_snapshot, against, offline)
    outside = outside_of(ctx)
    jobs, planning = asked.planned(paths, outside)
    if offline:
        document = planning.offline(asked.access.region or jobs.region or "")
    elif against:
        document = _against(planning, asked.access.region or jobs.region, against)
    else:
        account = asked.connected(outside, jobs.region)
        document = _of_account(planning, account, save_snapshot)
    if out:
        Path(out).write_text(text_of(document), encoding="utf-8")
    click.echo(rendered(document, output, show), nl=False)
    ctx.exit(_CHANGES if detailed_exitcode and document.changes else 0)


def _refuse_combinations(
    detailed_exitcode: bool, out: str | None, save: str | None, against: str | None, offline: bool
) -> None:
    given = {"--out": out, "--save-snapshot": save, "--against": against}
    if offline and detailed_exitcode:
        raise click.UsageError("--offline cannot say whether there are changes")
    for name, value in given.items():
        if offline and value:
            raise click.UsageError(f"{name} needs an account, and --offline reads none")
    if against and save:
        raise click.UsageError("--save-snapshot reads the account, --against does not")
    if against and out:
        raise click.UsageError("--out writes what apply takes; a snapshot is too old for that")


def _against(planning: Planning, region: str | None, path: str) -> PlanDocument:
    snapshot = read_snapshot(path)
    if region not in {None, snapshot.region}:
        raise click.ClickException(f"{path} is of {snapshot.region}, the specs are for {region}")
    return planning.against(SavedAccount(snapshot), Basis.SNAPSHOT)


def _of_account(planning: Planning, account: AccountView, save: str | None) -> PlanDocument:
    if not save:
        return planning.against(account, Basis.ACCOUNT)
    recorded = RecordedAccount.of(account, datetime.now(UTC).isoformat(timespec="seconds"))
    document = planning.against(recorded, Basis.ACCOUNT)
    Path(save).write_text(recorded.snapshot.text(), encoding="utf-8")
    return document
