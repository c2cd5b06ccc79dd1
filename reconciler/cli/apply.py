"""``neoctl apply``: make the account agree with specs, or carry out a plan that was approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click

from reconciler.cli.options.account import AccountCommand
from reconciler.cli.options.outside import AccountView, Outside, outside_of
from reconciler.cli.options.specs import could_not_run, read_policy
from reconciler.cli.plans.applying import Application, Until
from reconciler.cli.plans.approving import ask_for_approval, require_acceptable, verified
from reconciler.cli.plans.document import ATTENTION, ActionKind, Basis, PlanDocument
from reconciler.cli.plans.files import is_plan_file, read
from reconciler.cli.plans.options import PlanRequest, plan_options
from reconciler.cli.plans.rendering import rendered
from reconciler.cli.plans.results import render
from reconciler.rules.organisation_policy import OrganisationPolicy

_TIMEOUT: Final = 7200


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 done or nothing to do, 1 error or a job failed, 130 interrupted.",
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...|PLAN", type=click.Path(allow_dash=True)
)
@click.option("-y", "--auto-approve", is_flag=True,
              help="Do not ask; needed where nobody can be asked.")  # fmt: skip
@click.option("--expect", metavar="DIGEST", help="Do nothing unless the plan has this digest.")
@click.option("--max-deletes", type=click.IntRange(min=0), metavar="N",
              help="Do nothing if more jobs would be stopped or deleted, replaced ones not "
              "counted.")  # fmt: skip
@click.option("--allow-empty", is_flag=True,
              help="Allow --prune to end all jobs of an owner that nothing declares.")  # fmt: skip
@click.option("--on-failure", type=click.Choice(("continue", "stop")), default="continue",
              show_default=True, help="stop: begin nothing more after a failure; what runs, "
              "runs on.")  # fmt: skip
@click.option("--wait/--no-wait", default=True, show_default=True,
              help="Wait until the jobs have ended, or only until they are accepted.")  # fmt: skip
@click.option("--timeout", type=click.IntRange(min=1), default=_TIMEOUT, show_default=True,
              metavar="SECONDS", help="How long to wait; running jobs run on.")  # fmt: skip
@plan_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    asked: PlanRequest,
    auto_approve: bool,
    expect: str | None,
    max_deletes: int | None,
    allow_empty: bool,
    on_failure: str,
    wait: bool,
    timeout: int,
) -> None:
    """Apply specs, or a PLAN of neoctl plan --out: create, stop and retag jobs, as was shown.

    Each change is made only if what it depends on is as it was planned; what was overtaken is
    left out and said. Any number of applies may run at once.
    """
    outside = outside_of(ctx)
    document, account, policy = _planned(paths, asked, outside)
    click.echo(rendered(document, "text", "changes"), nl=False)
    require_acceptable(document, expect, max_deletes, allow_empty=allow_empty)
    waits = wait and any(action.kind is ActionKind.WAIT for action in document.actions)
    if not document.changes and not waits:
        click.echo("Nothing to do.")
        ctx.exit(1 if _needs_attention(document) else 0)
    if document.changes and not auto_approve:
        ask_for_approval()
    application = Application(
        document, account, outside.clock, outside.pause, _report_progress, outside.new_id(),
        policy, stop_on_failure=on_failure == "stop",
    )  # fmt: skip
    in_time = _run(application, Until.ENDED if wait else Until.ACCEPTED, timeout)
    click.echo(render(application.runs), nl=False)
    if not in_time:
        click.echo(f"Error: timed out after {timeout} s. {_again(application)}", err=True)
    failed = any(run.failures() for run in application.runs) or not in_time
    ctx.exit(1 if failed or _needs_attention(document) else 0)


def _planned(
    paths: tuple[str, ...], asked: PlanRequest, outside: Outside
) -> tuple[PlanDocument, AccountView, OrganisationPolicy | None]:
    """Return the plan to apply, the account that it is for, and the policy."""
    if len(paths) == 1 and is_plan_file(paths[0]):
        if asked.plans_anything():
            could_not_run("a plan file has been planned: give options of planning to neoctl plan")
        document = read(paths[0])
        account = asked.connected(outside, document.region)
        policy = read_policy(asked.specs.policy_file)
        return verified(document, account, paths[0]), account, policy
    jobs = asked.declared(paths)
    account = asked.connected(outside, jobs.region)
    return asked.planning(jobs, outside).against(account, Basis.ACCOUNT), account, jobs.policy


def _run(application: Application, until: Until, timeout: int) -> bool:
    """Run it; after Ctrl-C, say what runs on and how to go on."""
    deadline = application.clock.now() + timedelta(seconds=timeout)
    try:
        return application.run(until, deadline)
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted. {_again(application)}", err=True)
        raise


def _again(application: Application) -> str:
    names = application.still_running()
    which = f"Still running: {', '.join(names)}. " if names else ""
    return f"{which}Run neoctl apply again to go on: it starts from what the account shows."


def _needs_attention(document: PlanDocument) -> bool:
    return any(action.kind in ATTENTION for action in document.actions)


def _report_progress(event: str, **fields: str | int | float | bool | None) -> None:
    said = " ".join(f"{key}={value}" for key, value in fields.items())
    click.echo(f"{event}: {said}", err=True)
