"""Options and errors of the verbs that read specs: paths, variables, exit code 2."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from reconciler.core.fleet.variables import references_in
from reconciler.core.identity import Owner, OwnerError
from reconciler.rules.finding import Severity
from reconciler.specs.checking import check, merged
from reconciler.specs.job import SpecJob
from reconciler.specs.load import STDIN, Loaded, documents_of, environment_variables, load
from reconciler.specs.source import Document, find, read_source

if TYPE_CHECKING:
    from reconciler.rules.organisation_policy import OrganisationPolicy

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
COULD_NOT_RUN = 2


class SpecCommand(click.Command):
    """A command whose wrong usage, too, exits with 2: it could not run."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's own signature
    ) -> click.Context:  # fmt: skip
        """Parse the arguments as click does, with exit code 2 for wrong usage."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as wrong:
            wrong.show()
            raise click.exceptions.Exit(COULD_NOT_RUN) from wrong


class CouldNotRun(click.exceptions.Exit):
    """Ends a verb that could not do what it is for; what is wrong has been printed."""

    def __init__(self) -> None:
        super().__init__(COULD_NOT_RUN)


def could_not_run(message: str) -> NoReturn:
    """Print an error on stderr and exit with 2."""
    click.echo(f"Error: {message}", err=True)
    raise CouldNotRun


def variable_options(function: Decorated) -> Decorated:
    """Add the options ``--var`` and ``--var-file``."""
    for option in (
        click.option(
            "--var-file", "var_files", multiple=True, type=click.Path(dir_okay=False),
            metavar="FILE", help="A YAML or JSON map of variables; later files win.",
        ),
        click.option(
            "--var", "var_pairs", multiple=True, metavar="NAME=VALUE",
            help="Set a variable; overrides --var-file and NEO_VAR_NAME in the "
            "environment.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def read_specs(
    paths: tuple[str, ...], var_pairs: tuple[str, ...], var_files: tuple[str, ...]
) -> Loaded:
    """Load the specs, or exit with 2 where there is nothing to load."""
    for path in paths:
        if path != STDIN and not (path and Path(path).exists()):
            could_not_run(f"{path or 'an empty path'}: no such file or folder")
    given = _variables(var_pairs, var_files)
    loaded = load(paths, variables=given)
    if not loaded.sources and not loaded.problems:
        could_not_run(f"no spec found in {', '.join(paths)}")
    named = {pair.partition("=")[0] for pair in var_pairs}
    for name in sorted(named - loaded.used):
        click.echo(f"Warning: unused variable {name}", err=True)
    return loaded


def _variables(var_pairs: tuple[str, ...], var_files: tuple[str, ...]) -> Mapping[str, object]:
    given: dict[str, object] = dict(environment_variables(os.environ))
    for name in var_files:
        given.update(_var_file(name))
    for pair in var_pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            could_not_run(f"--var {pair}: write NAME=VALUE")
        given[name] = value
    return given


def _var_file(name: str) -> dict[str, object]:
    return read_map(name, "a map of variables")[0]


def read_map(name: str, what: str) -> tuple[dict[str, object], Document]:
    """Return the map in a YAML or JSON file and its document, or exit with 2."""
    source, problems = read_source(Path(name), name)
    documents, more = documents_of(source) if not problems else ([], [])
    for problem in (*problems, *more):
        line, column = source.position(problem.offset)
        could_not_run(f"{name}:{line}:{column}: {problem.finding.message}")
    value = documents[0].value if len(documents) == 1 else None
    if not isinstance(value, dict):
        could_not_run(f"{name}: must contain {what}")
    return value, documents[0]


def read_policy(name: str | None) -> OrganisationPolicy | None:
    """Return the organisation's policy in a file, or exit with 2."""
    if name is None:
        return None
    from reconciler.rules.organisation_policy import OrganisationPolicy, PolicyError

    policy, document = read_map(name, "a policy")
    try:
        return OrganisationPolicy.from_mapping(policy)
    except PolicyError as wrong:
        for at, message in wrong.problems:
            key = at.lstrip("/")
            line, column = document.source.position(find(document.place, (key,), key=True))
            click.echo(f"{name}:{line}:{column}: {key or 'the policy'}: {message}", err=True)
        could_not_run(f"{name} is not a valid policy")


def has_errors(
    loaded: Loaded, *, region: str | None = None, policy: OrganisationPolicy | None = None
) -> bool:
    """Check specs; print their errors on stderr and return whether there are any."""
    found = merged(check(loaded, region=region, policy=policy))
    errors = [item for item in found if item.finding.severity is Severity.ERROR]
    if errors:
        from reconciler.cli.findings.summary import FindingsReport
        from reconciler.cli.findings.text import render

        report = FindingsReport(errors, len(loaded.jobs), len(loaded.sources))
        click.echo(render(report), nl=False, err=True)
    return bool(errors)


def require_values(jobs: Iterable[SpecJob]) -> None:
    """Exit with 2 unless every variable has a value."""
    for job in jobs:
        if unknown := sorted(references_in(job.wire)):
            could_not_run(
                f"{job.name}: unset variable {unknown[0]}; set it with --var {unknown[0]}=…"
            )


def read_owner(owner: str | None) -> Owner | None:
    """Return the owner of ``--owner``, or exit with 2."""
    try:
        return None if owner is None else Owner(owner)
    except OwnerError as wrong:
        could_not_run(str(wrong))
