"""Show the plan of a verb that ends jobs, have it approved, and carry it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple, NoReturn

import click

from reconciler.cli.endings.planning import EndingChoice, EndingPlanner
from reconciler.cli.findings.printable import printable
from reconciler.cli.options.group import Option, option_group
from reconciler.cli.options.outside import ConnectedAccount, Outside, outside_of
from reconciler.cli.options.places import PlaceResults
from reconciler.cli.plans.applying import Application, PlacePlan
from reconciler.cli.plans.approving import ask_for_approval, require_acceptable
from reconciler.cli.plans.document import ATTENTION, PlanDocument
from reconciler.cli.plans.owner_run import Until
from reconciler.cli.plans.progress import progress_view
from reconciler.cli.plans.rendering import rendered_together
from reconciler.cli.plans.results import render

_TIMEOUT: Final = 900


@dataclass(frozen=True, slots=True)
class PlaceEnding:
    """Which jobs end in an account and region.

    Attributes:
        names: Jobs that were asked for by name: it is said why one is not ended.
    """

    account: ConnectedAccount
    choice: EndingChoice
    names: Sequence[str] = ()


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
    places: PlaceResults[PlaceEnding],
    options: EndingOptions,
) -> NoReturn:
    """Plan each place, ask once, and end jobs; exit with the verb's code."""
    outside = outside_of(ctx)

    def planned(place: PlaceEnding) -> _PlannedEnding:
        document = EndingPlanner(place.account, outside.clock, outside.pause).plan(place.choice)
        problems = list(_not_ended(place, document))
        return _PlannedEnding(PlacePlan(document, place.account), problems)

    endings = places.then(planned)
    plans = [each.plan for each in endings.values]
    documents = [plan.document for plan in plans]
    click.echo(rendered_together(documents, "text", "changes", is_only=endings.is_only), nl=False)
    problems = [problem for each in endings.values for problem in each.problems]
    for problem in problems:
        click.echo(f"Error: {printable(problem)}", err=True)
    endings.report_failures()
    require_acceptable(documents, (), options.max_deletes, allow_empty=True)
    needs_attention = any(each.kind in ATTENTION for doc in documents for each in doc.actions)
    is_wrong = bool(problems or endings.failures or needs_attention)
    if not any(document.changes for document in documents):
        if documents:
            click.echo("Nothing to do.")
        ctx.exit(1 if is_wrong else 0)
    if not options.auto_approve:
        ask_for_approval()
    ctx.exit(0 if _carried_out(plans, outside, options) and not is_wrong else 1)


class _PlannedEnding(NamedTuple):
    """The plan of a place, and why jobs that were asked for are not in it."""

    plan: PlacePlan
    problems: Sequence[str]


def _carried_out(plans: Sequence[PlacePlan], outside: Outside, options: EndingOptions) -> bool:
    view = progress_view("auto", outside.clock, outside.pause)
    application = Application(outside.clock, outside.pause, view, outside.new_id())
    deadline = outside.clock.now() + timedelta(seconds=options.timeout if options.wait else 0)
    in_time = application.run(plans, Until.ENDED, deadline)
    click.echo(render(application.runs), nl=False)
    if not in_time and options.wait:
        click.echo(f"Error: timed out after {options.timeout} s; jobs are still stopping", err=True)
    failed = any(run.failures() for run in application.runs)
    return not failed and (in_time or not options.wait)


def _not_ended(place: PlaceEnding, document: PlanDocument) -> Iterator[str]:
    """Yield why jobs that were asked for are not in the plan; one that has ended needs nothing."""
    planned = {action.job for action in document.actions}
    for name in place.names:
        if name in planned:
            continue
        job = place.account.gateway.describe(name)
        if job is None:
            yield f"{name}: there is no job of this name in {place.account.region}"
        elif job.is_under_way and job.status != "STOPPING":
            yield f"{name} is not ours: its tags do not say so. It was not touched."
        else:
            click.echo(f"{name} is {job.status}.")
