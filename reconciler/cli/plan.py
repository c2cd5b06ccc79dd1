"""``neoctl plan``: what would be done so that the account agrees with the specs, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import click

from reconciler.cli.app.app_options import AppOptions, app_options
from reconciler.cli.endings.choosing import declared_jobs
from reconciler.cli.endings.planning import EndingPlanner
from reconciler.cli.options.account import AccountCommand
from reconciler.cli.options.declared import DeclaredJobs
from reconciler.cli.options.group import option_group
from reconciler.cli.options.outside import (
    AccountView,
    ConnectedAccount,
    Outside,
    outside_of,
)
from reconciler.cli.options.places import (
    Named,
    PlaceJobs,
    PlaceResults,
    connected_places,
    only_place,
    reached_places,
)
from reconciler.cli.plans.document import Basis, PlanDocument
from reconciler.cli.plans.files import write_plans
from reconciler.cli.plans.options import PlanRequest, plan_options
from reconciler.cli.plans.places import lease_text, plan_of, require_own_states
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.recorded import RecordedAccount
from reconciler.cli.plans.rendering import format_options, rendered_together
from reconciler.cli.plans.snapshot import Snapshot
from reconciler.cli.plans.snapshot_files import read_snapshots, write_snapshots

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


def _refuse_refresh_only(_: click.Context, __: click.Parameter, is_given: bool) -> None:
    """Say what stands in for Terraform's option."""
    if is_given:
        raise click.UsageError(
            "--refresh-only brings Terraform's state file up to date, and neoctl keeps none: "
            "neoctl drift says what differs from the specs, --refresh plans with tags, settings "
            "and artifacts read anew"
        )


_basis_options: Final = option_group(
    PlanBasis, "basis",
    click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes."),
    click.option("--destroy", is_flag=True,
                 help="Plan to stop the declared jobs, and to delete their records."),
    click.option("--out", type=click.Path(), metavar="FILE",
                 help="Write the plan to a file, for neoctl show and apply; of several places, one "
                 "file each into a folder. FILE/ is always a folder."),
    click.option("--save-snapshot", type=click.Path(), metavar="FILE",
                 help="Keep what was read of the account, for --against; of several places, one "
                 "file each into a folder."),
    click.option("--against", type=click.Path(exists=True), metavar="SNAPSHOT",
                 help="Plan against a snapshot, or a folder of them: no credentials, no calls."),
    click.option("--offline", is_flag=True, help="Read no account: names and rules alone."),
)  # fmt: skip


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 planned, 1 error; with --detailed-exitcode 2 if there are changes.",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
@format_options
@_basis_options
@click.option(
    "--refresh-only", is_flag=True, hidden=True, expose_value=False, callback=_refuse_refresh_only
)
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
        documents = _of_specs(paths, basis, asked, outside)
    else:
        from reconciler.cli.app.app_plan import plan_of_app  # most plans are of specs

        document = plan_of_app(
            app.app, app.stacks, asked.access, outside, offline=basis.offline,
            must_read=basis.detailed_exitcode or basis.out is not None,
        )  # fmt: skip
        documents = only_place(document)
    if basis.out:
        write_plans(documents.values, basis.out, is_only=documents.is_only)
    click.echo(
        rendered_together(documents.values, output, show, is_only=documents.is_only), nl=False
    )
    documents.report_failures()
    has_changes = any(document.changes for document in documents.values)
    ctx.exit(
        1 if documents.failures else _CHANGES if basis.detailed_exitcode and has_changes else 0
    )


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
) -> PlaceResults[PlanDocument]:
    """Return the plan of each place."""
    declared = asked.declared(paths)
    if basis.offline:
        return PlaceResults(
            [Named(jobs.place, _offline(jobs, asked, outside)) for jobs in declared],
            is_only=len(declared) == 1,
        )
    if basis.against:
        saved = reached_places(declared, asked.access, read_snapshots(basis.against).account)
        make = partial(_planned, source=Basis.SNAPSHOT, destroy=basis.destroy)
        return saved.then(lambda place: plan_of(place, asked, outside, make))
    return _of_accounts(connected_places(declared, asked.access, outside), basis, asked, outside)


def _offline(jobs: DeclaredJobs, asked: PlanRequest, outside: Outside) -> PlanDocument:
    return asked.planning(jobs, outside).offline(asked.access.region or jobs.region or "")


def _of_accounts(
    places: PlaceResults[PlaceJobs[ConnectedAccount]],
    basis: PlanBasis,
    asked: PlanRequest,
    outside: Outside,
) -> PlaceResults[PlanDocument]:
    """Return the plan of each account; save what was read of them, if that is asked for."""
    snapshots: list[Snapshot] = []

    def planned(planning: Planning, account: ConnectedAccount) -> PlanDocument:
        if not basis.save_snapshot:
            return _planned(planning, account, Basis.ACCOUNT, destroy=basis.destroy)
        recorded = RecordedAccount.of(account, outside.clock.now().isoformat(timespec="seconds"))
        document = _planned(planning, recorded, Basis.ACCOUNT, destroy=basis.destroy)
        snapshots.append(recorded.snapshot)
        return document

    def of_place(place: PlaceJobs[ConnectedAccount]) -> PlanDocument:
        document = plan_of(place, asked, outside, planned)
        if asked.flags.state:
            click.echo(lease_text(document, place.account, outside.clock.now()), err=True)
        return document

    require_own_states(places, asked.flags.state)
    documents = places.then(of_place)
    if basis.save_snapshot:
        write_snapshots(snapshots, basis.save_snapshot, is_only=documents.is_only)
    return documents


def _planned(
    planning: Planning, account: AccountView, source: Basis, *, destroy: bool
) -> PlanDocument:
    if not destroy:
        return planning.against(account, source)
    choice = declared_jobs(
        planning.selected(), planning.declarations, deletes_records=True, reason="to be destroyed"
    )
    document = EndingPlanner(account, planning.clock, planning.pause).plan(choice)
    choices = replace(planning.choices, prune=True, destroy=True)
    return replace(document, source=source, choices=choices)
