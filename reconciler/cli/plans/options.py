"""The options of the verbs that plan, beyond those of specs and accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import wraps
from typing import Final, NamedTuple

import click

from reconciler.aws.access import Access
from reconciler.cli.options.account import account_options
from reconciler.cli.options.declared import (
    DeclaredJobs,
    SpecOptions,
    declared_places,
    spec_options,
)
from reconciler.cli.options.group import Command, option_group
from reconciler.cli.options.outside import AccountView, Outside
from reconciler.cli.options.revision import changed_since
from reconciler.cli.options.specs import could_not_run
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.planning import Planning
from reconciler.cli.plans.state_location import StateLocation
from reconciler.core.failure import FailureKind

_ALL: Final = "all"
_CLASSES: Final = (_ALL, *(kind.value for kind in FailureKind))


@dataclass(frozen=True, slots=True)
class PlanFlags:
    """What the options of planning ask for, as they were given."""

    prune: bool = False
    replace: tuple[str, ...] = ()
    retry_failed: tuple[str, ...] = ()
    refresh: bool = False
    changed_since: str | None = None
    state: str = ""


def _state(_ctx: click.Context, _param: click.Parameter, given: str) -> str:
    if given:
        try:
            StateLocation.parse(given)
        except ValueError as wrong:
            raise click.BadParameter(str(wrong)) from None
    return given


_plan_flags: Final = option_group(
    PlanFlags, "flags",
    click.option(
        "--prune", is_flag=True,
        help="Stop the owner's jobs that no spec declares, and delete their records.",
    ),
    click.option(
        "--replace", multiple=True, metavar="NAME",
        help="Compile this job anew, whatever became of it before.",
    ),
    click.option(
        "--retry-failed", multiple=True, type=click.Choice(_CLASSES), is_flag=False,
        flag_value=_ALL,
        help="Try jobs again that failed for this class of reasons; without a class, for any. "
        "Otherwise a failed job is tried again when its settings change, or once after an error "
        "of the service.",
    ),
    click.option(
        "--refresh", is_flag=True,
        help="Also compare tags and settings of compiled jobs, and look for their artifacts: two "
        "or three calls a job.",
    ),
    click.option(
        "--changed-since", metavar="REV",
        help="Only jobs that are declared otherwise than at this Git revision.",
    ),
    click.option(
        "--state", default="", metavar="S3URI", callback=_state,
        help="Share the fleet whose pointer, lease and manifest are below s3://bucket/prefix: a "
        "CompilationFleet's, or other applies'. {account} and {region} stand for those of each "
        "place.",
    ),
)  # fmt: skip


class PlanRequest(NamedTuple):
    """Everything that a plan is asked for."""

    specs: SpecOptions
    flags: PlanFlags
    access: Access

    def choices(self) -> PlanChoices:
        """Return what they ask for beyond the specs."""
        flags = self.flags
        given = set(FailureKind) if _ALL in flags.retry_failed else set(flags.retry_failed)
        return PlanChoices(
            self.specs.patterns, flags.prune, tuple(sorted(flags.replace)),
            tuple(kind for kind in FailureKind if kind in given), flags.refresh,
            state=flags.state,
        )  # fmt: skip

    def plans_anything(self) -> bool:
        """Return whether an option was given that only planning knows."""
        specs = self.specs
        return bool(
            self.choices() != PlanChoices()
            or self.flags.changed_since
            or specs.owner
            or specs.var_pairs
            or specs.var_files
        )

    def declared(self, paths: Sequence[str]) -> tuple[DeclaredJobs, ...]:
        """Read and check specs; return what they declare in each place.

        Exits with an error for what cannot be planned.
        """
        places = declared_places(paths, self.specs, self.access.region)
        names = {each.logical_name for jobs in places for each in jobs.declarations}
        for name in self.flags.replace:
            if name not in names:
                could_not_run(f"--replace {name}: unknown job; logical names are as in the plan")
        for pattern in (*self.specs.include, *self.specs.exclude):
            if not any(fnmatchcase(name, pattern) for name in names):
                click.echo(f"Warning: no declared job matches {pattern!r}", err=True)
        revision = self.flags.changed_since
        if revision is None:
            return places
        return tuple(
            replace(jobs, patterns=replace(
                jobs.patterns, only=changed_since(revision, paths, self.specs, jobs)
            ))
            for jobs in places
        )  # fmt: skip

    def planning(
        self, jobs: DeclaredJobs, outside: Outside, account: AccountView | None = None
    ) -> Planning:
        """Return what makes plans of jobs, in an account if one is read."""
        state = (
            self.flags.state if account is None else StateLocation.uri(self.flags.state, account)
        )
        choices = replace(self.choices(), names=jobs.patterns, state=state)
        return Planning(jobs.declarations, choices, outside.clock, outside.pause, jobs.owners)


def plan_options(command: Command) -> Command:
    """Add the options of PlanRequest to a command, which gets them as ``asked``."""

    @wraps(command)
    def function(
        *args: object, specs: SpecOptions, flags: PlanFlags, access: Access, **given: object
    ) -> None:
        command(*args, asked=PlanRequest(specs, flags, access), **given)

    return spec_options(_plan_flags(account_options(function)))
