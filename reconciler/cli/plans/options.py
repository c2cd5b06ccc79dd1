"""The options of the verbs that plan, and what becomes of them: specs as declarations."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, Final, NamedTuple
from uuid import uuid4

import click

from reconciler.aws.clock import SystemClock
from reconciler.cli.options.specs import (
    CouldNotRun,
    could_not_run,
    has_errors,
    read_owner,
    read_policy,
    read_specs,
    require_values,
    variable_options,
)
from reconciler.cli.plans.choices import PlanChoices
from reconciler.cli.plans.files import PlanFileError
from reconciler.cli.plans.planning import AccountView, Planning
from reconciler.cli.plans.snapshot import SnapshotError
from reconciler.core.contradictions import PlanError
from reconciler.core.failure import FailureKind
from reconciler.core.ports import Clock, PortError
from reconciler.rules.organisation_policy import OrganisationPolicy
from reconciler.specs.job import SpecJob

_ALL: Final = "all"
_CLASSES: Final = (_ALL, *(kind.value for kind in FailureKind))


class Outside(NamedTuple):
    """What a verb reaches beyond the files: AWS and the time.

    Attributes:
        connect: Makes a connection of profile, region and endpoint.
        new_id: Makes the id of an apply.
    """

    connect: Callable[[str | None, str | None, str | None], AccountView]
    clock: Clock
    pause: Callable[[float], None]
    new_id: Callable[[], str]


class AccountCommand(click.Command):
    """A command that reads an account: what goes wrong is an error, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """As click's, with errors as messages."""
        try:
            return super().invoke(ctx)
        except CouldNotRun:
            raise click.exceptions.Exit(1) from None
        except (PortError, PlanError, PlanFileError, SnapshotError) as error:
            raise click.ClickException(str(error)) from error


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """The options of the verbs that plan."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    prune: bool
    replace: tuple[str, ...]
    retry_failed: tuple[str, ...]
    refresh: bool
    owner: str | None
    policy_file: str | None
    profile: str | None
    region: str | None
    endpoint_url: str | None
    var_pairs: tuple[str, ...]
    var_files: tuple[str, ...]

    def choices(self) -> PlanChoices:
        """Return what they ask for beyond the specs."""
        given = set(FailureKind) if _ALL in self.retry_failed else set(self.retry_failed)
        return PlanChoices(
            self.include, self.exclude, self.prune, tuple(sorted(self.replace)),
            tuple(kind for kind in FailureKind if kind in given), self.refresh,
        )  # fmt: skip

    def plans_anything(self) -> bool:
        """Return whether an option was given that only planning knows."""
        return bool(
            self.choices() != PlanChoices() or self.owner or self.var_pairs or self.var_files
        )

    def connect(self, outside: Outside, region: str | None) -> AccountView:
        """Return the account. Raises PortError."""
        if self.endpoint_url and "://" not in self.endpoint_url:
            could_not_run(f"--endpoint-url {self.endpoint_url}: write http:// or https:// first")
        return outside.connect(self.profile, self.region or region, self.endpoint_url)


def plan_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of PlanRequest to a command, which gets them as one: ``asked``."""
    names = [field.name for field in fields(PlanRequest)]

    @wraps(command)
    def function(*args: object, **options: Any) -> None:  # noqa: ANN401
        asked = PlanRequest(**{name: options.pop(name) for name in names})
        command(*args, asked=asked, **options)

    for option in reversed(_OPTIONS):
        function = option(function)
    return variable_options(function)


_OPTIONS: Final = (
    click.option(
        "--include", multiple=True, metavar="PATTERN",
        help="Only jobs whose logical name matches (resnet*/ml_c5).",
    ),
    click.option(
        "--exclude", multiple=True, metavar="PATTERN", help="Leave these jobs alone.",
    ),
    click.option(
        "--prune", is_flag=True,
        help="Stop the owner's jobs that no spec declares, and delete their records.",
    ),
    click.option(
        "--replace", multiple=True, metavar="NAME",
        help="Compile this job anew, whatever became of it before.",
    ),
    click.option(
        "--retry-failed", multiple=True, type=click.Choice(_CLASSES),
        help="Try jobs again that failed for this class of reasons. Without it a failed job is "
        "tried again when its settings change, or once after an error of the service.",
    ),
    click.option(
        "--refresh", is_flag=True,
        help="Also compare tags and settings of compiled jobs, and look for their artifacts: two "
        "or three calls a job.",
    ),
    click.option("--owner", metavar="OWNER", help="Whose the jobs of raw requests are."),
    click.option(
        "--policy", "policy_file", metavar="FILE", type=click.Path(dir_okay=False),
        help="Your organisation's demands on every job, a YAML or JSON map.",
    ),
    click.option("--profile", metavar="NAME", help="AWS profile."),
    click.option("--region", metavar="REGION", help="AWS region; by default the specs' own."),
    click.option("--endpoint-url", metavar="URL", help="SageMaker's endpoint, if not AWS's own."),
)  # fmt: skip


class Declared(NamedTuple):
    """What the specs declare.

    Attributes:
        region: The region that they name; None if they name none.
    """

    planning: Planning
    region: str | None
    policy: OrganisationPolicy | None


def outside_of(ctx: click.Context) -> Outside:
    """Return what the context was given, or AWS."""
    if isinstance(ctx.obj, Outside):
        return ctx.obj
    from reconciler.aws.account import connect

    return Outside(connect, SystemClock(), time.sleep, lambda: f"apply-{uuid4().hex[:16]}")


def declared(paths: tuple[str, ...], asked: PlanRequest, outside: Outside) -> Declared:
    """Read and check specs. Exits with an error for what cannot be planned."""
    owner, policy = read_owner(asked.owner), read_policy(asked.policy_file)
    loaded = read_specs(paths, asked.var_pairs, asked.var_files)
    if has_errors(loaded, region=asked.region, policy=policy):
        raise CouldNotRun
    require_values(loaded.jobs)
    _require_owners(loaded.jobs, asked.owner)
    choices = asked.choices()
    names = {job.name for job in loaded.jobs}
    for name in choices.replace:
        if name not in names:
            could_not_run(f"--replace {name}: unknown job; logical names are as in the plan")
    planning = Planning(
        [job.declaration(asked.owner) for job in loaded.jobs], choices, outside.clock,
        outside.pause, frozenset({owner} if owner is not None else ()),
    )  # fmt: skip
    return Declared(planning, _region(loaded.jobs, asked.region), policy)


def _require_owners(jobs: list[SpecJob], owner: str | None) -> None:
    for job in jobs:
        if job.owner is None and owner is None:
            could_not_run(f"{job.name} is a raw request; say whose it is with --owner")


def _region(jobs: list[SpecJob], wanted: str | None) -> str | None:
    """Return the one region that the specs name."""
    regions = sorted({job.region for job in jobs if job.region})
    if len(regions) > 1:
        could_not_run(f"the specs name several regions: {', '.join(regions)}; plan one at a time")
    if regions and wanted not in {None, regions[0]}:
        could_not_run(f"--region {wanted}: the specs are for {regions[0]}")
    return regions[0] if regions else None
