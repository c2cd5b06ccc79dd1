"""``neoctl plan``: what would be done so that the account agrees with the specs, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click

from reconciler.cli.app.app_options import AppOptions, app_options
from reconciler.cli.endings.choosing import declared_jobs
from reconciler.cli.endings.planning import EndingPlanner
from reconciler.cli.options.account import AccountCommand
from reconciler.cli.options.declared import DeclaredJobs
from reconciler.cli.options.group import option_group
from reconciler.cli.options.outside import AccountView, Outside, outside_of
from reconciler.cli.options.specs import could_not_run
from reconciler.cli.plans.document import Basis, PlanDocument
from reconciler.cli.plans.files import write_plans
from reconciler.cli.plans.options import PlanRequest, plan_options
from reconciler.cli.plans.places import lease_text, plans_of_specs
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.recorded import RecordedAccount, SavedAccount
from reconciler.cli.plans.rendering import format_options, rendered_together
from reconciler.cli.plans.snapshot import read_snapshot

_CHANGES: Final = 2


@dataclass(frozen=True, slots=True)
class PlanBasis:
    """What is planned against, and where the plan goes."""

    detailed_exitcode: bool
    destroy: bool
    out: str | None
    save_snapshot: str | None
    against: str | None
    offline: bool

    def refuse_contradictions(self, state: str) -> None:
        """Raise UsageError for options that exclude each other."""
        for name, value in (
            ("--out", self.out), ("--save-snapshot", self.save_snapshot),
            ("--against", self.against), ("--destroy", self.destroy),
        ):  # fmt: skip
            if self.offline and value:
                raise click.UsageError(f"{name} needs an account, and --offline reads none")
        for wrong, why in (
            (self.offline and self.detailed_exitcode,
             "--offline cannot say whether there are changes"),
            (self.against and self.save_snapshot,
             "--save-snapshot reads the account, --against does not"),
            (self.against and self.out,
             "--out writes what apply takes; a snapshot is too old for that"),
            (self.destroy and state,
             "--destroy ends no jobs of a shared fleet: remove them from the specs, and give "
             "--prune"),
        ):  # fmt: skip
            if wrong:
                raise click.UsageError(why)


_basis_options: Final = option_group(
    PlanBasis, "basis",
    click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes."),
    click.option("--destroy", is_flag=True,
                 help="Plan to stop the declared jobs, and to delete their records."),
    click.option("--out", type=click.Path(), metavar="FILE",
                 help="Write the plan to a file, for neoctl show and apply; of several places, one "
                 "file each into a folder."),
    click.option("--save-snapshot", type=click.Path(dir_okay=False), metavar="FILE",
                 help="Keep what was read of the account, for --against."),
    click.option("--against", type=click.Path(exists=True, dir_okay=False), metavar="SNAPSHOT",
                 help="Plan against a snapshot: no credentials, no calls."),
    click.option("--offline", is_flag=True, help="Read no account: names and rules alone."),
)  # fmt: skip


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 planned, 1 error; with --detailed-exitcode 2 if there are changes.",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
@format_options
@_basis_options
@app_options
@plan_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    output: str,
    show: str,
    basis: PlanBasis,
    app: AppOptions,
    asked: PlanRequest,
) -> None:
    """Plan specs: which jobs would be created, stopped, retagged, and why.

    Jobs are looked up by one List of each owner's. Nothing is changed. A job that no spec
    declares is left alone, unless it is an older one of a declared job, or --prune is given.

    With --app, a CDK app's stacks are planned in place of specs, as CloudFormation would deploy
    them; such a plan is shown, and not applied.
    """
    basis.refuse_contradictions(asked.flags.state)
    _require_one_source(paths, app, basis, asked)
    outside = outside_of(ctx)
    if app.app is None:
        documents, failures = _of_specs(paths, basis, asked, outside)
    else:
        from reconciler.cli.app.app_plan import plan_of_app  # most plans are of specs

        document = plan_of_app(
            app.app, app.stacks, asked.access, outside, offline=basis.offline,
            must_read=basis.detailed_exitcode or basis.out is not None,
        )  # fmt: skip
        documents, failures = [document], {}
    if basis.out:
        write_plans(documents, basis.out)
    click.echo(rendered_together(documents, output, show), nl=False)
    for place, error in failures.items():
        click.echo(f"Error: {place}: {error}", err=True)
    has_changes = any(document.changes for document in documents)
    ctx.exit(1 if failures else _CHANGES if basis.detailed_exitcode and has_changes else 0)


def _require_one_source(
    paths: tuple[str, ...], app: AppOptions, basis: PlanBasis, asked: PlanRequest
) -> None:
    if app.app is None:
        if not paths:
            raise click.UsageError("give the PATH of specs, or --app for a CDK app")
        if app.stacks:
            raise click.UsageError("--stack is of a CDK app; say which with --app")
        return
    snapshot = basis.against or basis.save_snapshot
    if paths or snapshot or basis.destroy or asked.plans_anything():
        raise click.UsageError(
            "--app plans stacks; PATH, snapshots and the options of specs do not go with it"
        )


def _of_specs(
    paths: tuple[str, ...], basis: PlanBasis, asked: PlanRequest, outside: Outside
) -> tuple[list[PlanDocument], dict[str, str]]:
    """Return the plan of each place, and why a place could not be planned, by its name."""
    declared = asked.declared(paths)
    if len(declared) > 1 and (basis.against or basis.save_snapshot):
        could_not_run("a snapshot is of one place, and the specs are for several")
    if basis.offline or basis.against:
        return [_unconnected(jobs, basis, asked, outside) for jobs in declared], {}
    found = plans_of_specs(declared, asked, outside, partial(_of_account, basis))
    for plan in found.plans:
        if state := asked.flags.state:
            click.echo(lease_text(state, plan, outside.clock.now()), err=True)
    return [plan.document for plan in found.plans], found.failures


def _unconnected(
    jobs: DeclaredJobs, basis: PlanBasis, asked: PlanRequest, outside: Outside
) -> PlanDocument:
    region, planning = asked.access.region or jobs.region, asked.planning(jobs, outside)
    if basis.against:
        return _against(planning, region, basis.against, destroy=basis.destroy)
    return planning.offline(region or "")


def _against(planning: Planning, region: str | None, path: str, *, destroy: bool) -> PlanDocument:
    snapshot = read_snapshot(path)
    if region not in {None, snapshot.region}:
        raise click.ClickException(f"{path} is of {snapshot.region}, the specs are for {region}")
    return _planned(planning, SavedAccount(snapshot), Basis.SNAPSHOT, destroy=destroy)


def _of_account(basis: PlanBasis, planning: Planning, account: AccountView) -> PlanDocument:
    if not basis.save_snapshot:
        return _planned(planning, account, Basis.ACCOUNT, destroy=basis.destroy)
    recorded = RecordedAccount.of(account, datetime.now(UTC).isoformat(timespec="seconds"))
    document = _planned(planning, recorded, Basis.ACCOUNT, destroy=basis.destroy)
    Path(basis.save_snapshot).write_text(recorded.snapshot.text(), encoding="utf-8")
    return document


def _planned(
    planning: Planning, account: AccountView, basis: Basis, *, destroy: bool
) -> PlanDocument:
    if not destroy:
        return planning.against(account, basis)
    choice = declared_jobs(
        planning.selected(), planning.declarations, deletes_records=True, reason="to be destroyed"
    )
    document = EndingPlanner(account, planning.clock, planning.pause).plan(choice)
    choices = replace(planning.choices, prune=True, destroy=True)
    return replace(document, source=basis, choices=choices)
