"""Show the plan of a verb that ends jobs, have it approved, and carry it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NoReturn

import click

from reconciler.cli.endings.planning import EndingChoice, EndingPlanner
from reconciler.cli.options.group import Option, option_group
from reconciler.cli.options.outside import ConnectedAccount, Outside, outside_of
from reconciler.cli.plans.applying import Application, PlacePlan
from reconciler.cli.plans.approving import ask_for_approval, require_acceptable
from reconciler.cli.plans.document import ATTENTION, PlanDocument
from reconciler.cli.plans.owner_run import Until
from reconciler.cli.plans.progress import progress_view
from reconciler.cli.plans.rendering import rendered
from reconciler.cli.plans.results import render

_TIMEOUT: Final = 900


@dataclass(frozen=True, slots=True)
class EndingOptions:
    """The options of the verbs that end jobs."""

    auto_approve: bool = False
    max_deletes: int | None = None
    wait: bool = True
    timeout: int = _TIMEOUT


ending_options: Final[Option] = option_group(
    EndingOptions, "ending",
    click.option("-y", "--auto-approve", is_flag=True,
                 help="Do not ask; needed where nobody can be asked."),
    click.option("--max-deletes", type=click.IntRange(min=0), metavar="N",
                 help="Do nothing if more jobs would be stopped or deleted."),
    click.option("--wait/--no-wait", default=True, show_default=True,
                 help="Wait until jobs have stopped, or only ask them to stop."),
    click.option("--timeout", type=click.IntRange(min=1), default=_TIMEOUT, show_default=True,
                 metavar="SECONDS", help="How long to wait."),
)  # fmt: skip
"""Adds the options of EndingOptions to a command, which gets them as ``ending``."""


def run_ending(
    ctx: click.Context,
    choice: EndingChoice,
    account: ConnectedAccount,
    options: EndingOptions,
    names: Sequence[str] = (),
) -> NoReturn:
    """Plan, ask, and end jobs; exit with the verb's code.

    Args:
        names: Jobs that were asked for by name: it is said why one is not ended.
    """
    outside = outside_of(ctx)
    document = EndingPlanner(account, outside.clock, outside.pause).plan(choice)
    click.echo(rendered(document, "text", "changes"), nl=False)
    problems = list(_not_ended(names, document, account))
    for problem in problems:
        click.echo(f"Error: {problem}", err=True)
    require_acceptable([document], (), options.max_deletes, allow_empty=True)
    is_wrong = bool(problems) or any(each.kind in ATTENTION for each in document.actions)
    if not document.changes:
        click.echo("Nothing to do.")
        ctx.exit(1 if is_wrong else 0)
    if not options.auto_approve:
        ask_for_approval()
    ctx.exit(0 if _carried_out(document, account, outside, options) and not is_wrong else 1)


def _carried_out(
    document: PlanDocument, account: ConnectedAccount, outside: Outside, options: EndingOptions
) -> bool:
    view = progress_view("auto", outside.clock, outside.pause)
    application = Application(outside.clock, outside.pause, view, outside.new_id())
    deadline = outside.clock.now() + timedelta(seconds=options.timeout if options.wait else 0)
    in_time = application.run([PlacePlan(document, account)], Until.ENDED, deadline)
    click.echo(render(application.runs), nl=False)
    if not in_time and options.wait:
        click.echo(f"Error: timed out after {options.timeout} s; jobs are still stopping", err=True)
    failed = any(run.failures() for run in application.runs)
    return not failed and (in_time or not options.wait)


def _not_ended(
    names: Sequence[str], document: PlanDocument, account: ConnectedAccount
) -> Iterator[str]:
    """Yield why jobs that were asked for are not in the plan; one that has ended needs nothing."""
    planned = {action.job for action in document.actions}
    for name in names:
        if name in planned:
            continue
        job = account.gateway.describe(name)
        if job is None:
            yield f"{name}: there is no job of this name"
        elif job.is_under_way and job.status != "STOPPING":
            yield f"{name} is not ours: its tags do not say so. It was not touched."
        else:
            click.echo(f"{name} is {job.status}.")
