"""``neoctl apply``: make the account agree with specs, or carry out a plan that was approved."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import click

from reconciler.cli.main import WORDS
from reconciler.cli.options.account import AccountCommand
from reconciler.cli.options.group import option_group
from reconciler.cli.options.outside import Outside, outside_of
from reconciler.cli.plans.applying import Application, PlacePlan
from reconciler.cli.plans.approving import ask_for_approval, require_acceptable
from reconciler.cli.plans.document import ActionKind, PlanDocument
from reconciler.cli.plans.options import PlanRequest, plan_options
from reconciler.cli.plans.owner_run import Until
from reconciler.cli.plans.places import place_plans
from reconciler.cli.plans.progress import CHOICES, progress_view
from reconciler.cli.plans.rendering import rendered_together
from reconciler.cli.plans.results import render

_TIMEOUT: Final = 7200
_LEFT: Final = {
    ActionKind.CONFLICT: "in conflict", ActionKind.FAILED: "failed before",
    ActionKind.UNKNOWN: "not readable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How a plan is applied, and what it must not do."""

    auto_approve: bool
    expect: tuple[str, ...]
    max_deletes: int | None
    allow_empty: bool
    on_failure: str
    parallelism: int | None
    wait: bool
    timeout: int
    verify: str
    progress: str


def _digests(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return digests that were given one by one, or several in one value.

    An empty value stays: it is the digest of no plan, so nothing is applied.
    """
    return tuple(digest for value in values for digest in value.split() or [value])


_apply_options: Final = option_group(
    ApplyOptions, "options",
    click.option("-y", "--auto-approve", is_flag=True,
                 help="Do not ask; needed where nobody can be asked."),
    click.option("--expect", multiple=True, metavar="DIGEST", callback=_digests,
                 help="Do nothing unless the plan has this digest; of several plans, each one of "
                 "these."),
    click.option("--max-deletes", type=click.IntRange(min=0), metavar="N",
                 help="Do nothing if more jobs would be stopped or deleted, replaced ones not "
                 "counted."),
    click.option("--allow-empty", is_flag=True,
                 help="Allow --prune to end all jobs of an owner that nothing declares."),
    click.option("--on-failure", type=click.Choice(("continue", "stop")), default="continue",
                 show_default=True, help="stop: begin nothing more after a failure; what runs, "
                 "runs on."),
    click.option("--parallelism", type=click.IntRange(min=1), metavar="N",
                 help="Let at most so many jobs run at once."),
    click.option("--wait/--no-wait", default=True, show_default=True,
                 help="Wait until the jobs have ended, or only until they are accepted."),
    click.option("--timeout", type=click.IntRange(min=1), default=_TIMEOUT, show_default=True,
                 metavar="SECONDS", help="How long to wait; running jobs run on."),
    click.option("--verify", type=click.Choice(("off", "warn", "fail")), default="off",
                 show_default=True, help="Read the artifacts of the jobs that were compiled, as "
                 "neoctl verify does, and say what is wrong with them; fail: exit with 1 then."),
    click.option("--progress", type=click.Choice(CHOICES), default=CHOICES[0], show_default=True,
                 help="What to show on stderr. auto: a table on a terminal, lines elsewhere."),
)  # fmt: skip


@click.command(
    cls=AccountCommand,
    epilog="Exit codes: 0 done or nothing to do, 1 error or a job failed, 130 interrupted.",
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...|PLAN...", type=click.Path(allow_dash=True)
)
@_apply_options
@plan_options
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], options: ApplyOptions, asked: PlanRequest
) -> None:
    """Apply specs, or a PLAN of neoctl plan --out: create, stop and retag jobs, as was shown.

    Each change is made only if what it depends on is as it was planned; what was overtaken is
    left out and said. Any number of applies may run at once. Specs or plans of several accounts
    and regions are applied in one run.
    """
    if options.verify != "off" and not options.wait:
        raise click.UsageError("--verify reads what has been compiled: it needs --wait")
    outside = outside_of(ctx)
    found = place_plans(paths, asked, outside)
    documents = [plan.document for plan in found.values]
    click.echo(rendered_together(documents, "text", "changes", is_only=found.is_only), nl=False)
    found.report_failures()
    require_acceptable(
        documents, options.expect, options.max_deletes, allow_empty=options.allow_empty
    )
    left = _left_as_they_are(documents)
    is_wrong = bool(found.failures or left)
    if not any(_is_to_apply(each, wait=options.wait) for each in documents):
        if documents:
            click.echo("Nothing to do.")
        click.echo(left, err=True, nl=False)
        ctx.exit(1 if is_wrong else 0)
    if any(each.changes for each in documents) and not options.auto_approve:
        ask_for_approval()
    is_applied = _applied(found.values, options, outside)
    click.echo(left, err=True, nl=False)
    ctx.exit(0 if is_applied and not is_wrong else 1)


def _is_to_apply(document: PlanDocument, *, wait: bool) -> bool:
    waits = wait and any(action.kind is ActionKind.WAIT for action in document.actions)
    return bool(document.changes or waits or document.choices.state)


def _applied(plans: Sequence[PlacePlan], options: ApplyOptions, outside: Outside) -> bool:
    """Apply plans, and print what became of them; return whether all of it succeeded."""
    application = Application(
        outside.clock, outside.pause,
        progress_view(options.progress, outside.clock, outside.pause), outside.new_id(),
        options.on_failure == "stop", options.parallelism,
    )  # fmt: skip
    in_time = _run(application, plans, options)
    click.echo(render(application.runs), nl=False)
    if not in_time:
        click.echo(f"Error: timed out after {options.timeout} s. {_again(application)}", err=True)
    is_verified = options.verify == "off" or _is_verified(application, options.verify)
    return in_time and is_verified and not any(run.failures() for run in application.runs)


def _is_verified(application: Application, verify: str) -> bool:
    """Verify what was compiled, and print what is wrong; return whether the apply succeeded."""
    from reconciler.cli.verification.applied_artifacts import check_artifacts

    checks = check_artifacts(application)
    click.echo(checks.text(), nl=False)
    return verify == "warn" or not checks.has_errors


def _run(application: Application, plans: Sequence[PlacePlan], options: ApplyOptions) -> bool:
    """Run it; after Ctrl-C, say what runs on and how to go on."""
    deadline = application.clock.now() + timedelta(seconds=options.timeout)
    until = Until.ENDED if options.wait else Until.ACCEPTED
    try:
        return application.run(plans, until, deadline)
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted. {_again(application)}", err=True)
        raise


def _again(application: Application) -> str:
    names = application.still_running()
    which = f"Still running: {', '.join(names)}. " if names else ""
    words = click.get_current_context().meta[WORDS]
    return f"{which}To go on from what the account shows: {shlex.join(('neoctl', *words))}"


def _left_as_they_are(documents: Sequence[PlanDocument]) -> str:
    """Return the error about jobs that applying does not mend; empty if there are none."""
    found = Counter(action.kind for each in documents for action in each.actions)
    counts = ", ".join(f"{found[kind]} {_LEFT[kind]}" for kind in _LEFT if found[kind])
    return f"Error: left as they are: {counts}; the plan above says why.\n" if counts else ""
