"""The options of verbs that work on declared jobs, and the declarations that specs make."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

import click

from reconciler.aws.access import Access
from reconciler.cli.options.group import Option, option_group
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
from reconciler.core.declaration import Declaration
from reconciler.core.identity import Owner
from reconciler.rules.organisation_policy import OrganisationPolicy
from reconciler.specs.job import SpecJob


@dataclass(frozen=True, slots=True)
class NamePatterns:
    """Which logical names are meant.

    Attributes:
        include: Patterns; empty means all.
        exclude: Patterns of names that are left alone.
        only: The names that are meant, if not all that the patterns select.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: frozenset[str] | None = None

    def selects(self, name: str) -> bool:
        """Return whether a logical name is meant."""
        included = not self.include or any(fnmatchcase(name, each) for each in self.include)
        excluded = any(fnmatchcase(name, each) for each in self.exclude)
        return included and not excluded and (self.only is None or name in self.only)


ALL_NAMES: Final = NamePatterns()


@dataclass(frozen=True, slots=True)
class SpecOptions:
    """How specs are read, and which of their jobs are meant."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    owner: str | None = None
    policy_file: str | None = None
    var_pairs: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()

    @property
    def patterns(self) -> NamePatterns:
        """Which logical names are meant."""
        return NamePatterns(self.include, self.exclude)


spec_paths: Final = click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True)
)
"""Adds ``PATH...``; the command gets it as ``paths``."""

spec_options: Final[Option] = option_group(
    SpecOptions, "specs",
    click.option(
        "--include", multiple=True, metavar="PATTERN",
        help="Only jobs whose logical name matches (resnet*/ml_c5).",
    ),
    click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these jobs alone."),
    click.option("--owner", metavar="OWNER", help="Whose the jobs of raw requests are."),
    click.option(
        "--policy", "policy_file", metavar="FILE", type=click.Path(dir_okay=False),
        help="Your organisation's demands on every job, a YAML or JSON map.",
    ),
    variable_options,
)  # fmt: skip
"""Adds the options of SpecOptions to a command, which gets them as ``specs``."""


@dataclass(frozen=True, slots=True)
class DeclaredJobs:
    """What specs declare.

    Attributes:
        declarations: All of them, selected or not.
        region, account, assume_role: Where they run, as far as the specs say so.
        owners: Owners whose jobs are meant even if nothing of theirs is declared: ``--owner``.
    """

    declarations: tuple[Declaration, ...]
    patterns: NamePatterns = ALL_NAMES
    region: str | None = None
    account: str | None = None
    assume_role: str | None = None
    owners: frozenset[Owner] = frozenset()
    policy: OrganisationPolicy | None = None

    def access(self, asked: Access) -> Access:
        """Return how their account is reached: as the options say, or else the specs."""
        return replace(
            asked, region=asked.region or self.region, account=asked.account or self.account,
            assume_role=asked.assume_role or self.assume_role,
        )  # fmt: skip

    def with_others(self, others: DeclaredJobs) -> DeclaredJobs:
        """Return these jobs and others of the same place."""
        mine, theirs = self.patterns.only, others.patterns.only
        only = None if mine is None or theirs is None else mine | theirs
        return replace(
            self, declarations=(*self.declarations, *others.declarations),
            owners=self.owners | others.owners, patterns=replace(self.patterns, only=only),
        )  # fmt: skip

    @property
    def place(self) -> str:
        """Where they run, for people; empty if the specs do not say."""
        return ", ".join(part for part in (self.account, self.region) if part)

    @property
    def selected(self) -> tuple[Declaration, ...]:
        """The declarations that the patterns select."""
        return tuple(each for each in self.declarations if self.patterns.selects(each.logical_name))


def declared_places(
    paths: Sequence[str], options: SpecOptions, region: str | None
) -> tuple[DeclaredJobs, ...]:
    """Read and check specs; return what they declare in each account and region, one at least.

    Exits with an error for what is not valid.
    """
    owner, policy = read_owner(options.owner), read_policy(options.policy_file)
    loaded = read_specs(tuple(paths), options.var_pairs, options.var_files)
    if has_errors(loaded, region=region, policy=policy):
        raise CouldNotRun
    require_values(loaded.jobs)
    _require_owners(loaded.jobs, options.owner)
    places: dict[tuple[str | None, str | None, str | None], list[Declaration]] = {}
    for job in loaded.jobs:
        require_region(job, region)
        place = (job.region, job.account, job.assume_role)
        places.setdefault(place, []).append(job.declaration(options.owner))
    owners = frozenset({owner} if owner is not None else ())
    return tuple(
        DeclaredJobs(tuple(declarations), options.patterns, *place, owners, policy)
        for place, declarations in (places or {(None, None, None): []}).items()
    )


def require_region(job: SpecJob, region: str | None) -> None:
    """Exit with an error if a job is for another region than was asked for."""
    if job.region and region not in {None, job.region}:
        could_not_run(f"--region {region}: {job.name} is for {job.region}")


def meaning(declaration: Declaration) -> Hashable:
    """Return what tells two declarations of one logical name apart, whatever their texts."""
    return (
        declaration.identity, declaration.settings_digest, frozenset(declaration.request.tags),
        declaration.existing_job,
    )  # fmt: skip


def _require_owners(jobs: Iterable[SpecJob], owner: str | None) -> None:
    for job in jobs:
        if job.owner is None and owner is None:
            could_not_run(f"{job.name} is a raw request; say whose it is with --owner")
