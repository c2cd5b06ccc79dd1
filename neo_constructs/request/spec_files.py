"""Spec files as jobs of a fleet."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import has_token, tokens_in
from reconciler.rules.finding import Severity
from reconciler.specs.checking import check
from reconciler.specs.load import Loaded, load
from reconciler.specs.source import Source

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class SpecRequest:
    """A job of a spec, its request complete."""

    name: str
    wire: Mapping[str, object]
    revision: str | None
    exact_output: bool


def spec_jobs(
    construct: str,
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    variables: Mapping[str, object],
    defaults: Mapping[str, Any],
    unused_is_wrong: frozenset[str],
    roles: Sequence[str],
) -> list[SpecRequest]:
    """Return the jobs of files and folders.

    Args:
        construct: Whose jobs these are, for errors.
        path: Files and folders.
        variables: Values of variables, tokens included.
        unused_is_wrong: Variables that a spec must use.
        defaults: A request's RoleArn, OutputConfig and VpcConfig, for jobs without.
        roles: ARNs that specs may name, besides the default and what ``variables`` hold.

    Raises ConstructError with every error, each with file, line and column.
    """
    from dataclasses import replace

    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    files = [os.fspath(each) for each in paths]
    loaded = load(files, variables=variables, is_deploy_time=has_token, deploy_time_allowed=False)
    errors = list(_token_errors(loaded, tokens_in(variables)))
    loaded.jobs = [replace(job, wire=_completed(job.wire, defaults)) for job in loaded.jobs]
    errors += _findings(loaded)
    errors += _existing_job_errors(loaded)
    errors += _role_errors(loaded, {defaults["RoleArn"], *roles, *_texts(variables)})
    unused = sorted(unused_is_wrong - loaded.used)
    errors += [f"the variable {name!r} is not used by any spec" for name in unused]
    if not loaded.jobs and not errors:
        errors = [f"no spec with a job in {', '.join(map(str, paths))}"]
    if errors:
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        raise ConstructError(construct, "\n".join(["specs are refused:", *errors[:SHOWN], *more]))
    return [SpecRequest(job.name, job.wire, job.revision, job.exact_output) for job in loaded.jobs]


def _findings(loaded: Loaded) -> Iterator[str]:
    for each in check(loaded, is_deploy_time=has_token):
        if each.finding.severity is Severity.ERROR:
            yield f"{_at(each.source, each.offset)}: {each.finding.code} {each.finding}"


def _token_errors(loaded: Loaded, given: Set[object]) -> Iterator[str]:
    """Yield each token that the app did not give: a file could name any value of the app by it."""
    for job in loaded.jobs:
        for token in tokens_in([job.name, job.revision, job.wire]) - given:
            place = _at(job.origin.document.source, job.origin.offset(""))
            yield (
                f"{place}: job {job.name!r} holds {token}; CDK tokens and dynamic references are "
                "not allowed in specs"
            )


def _existing_job_errors(loaded: Loaded) -> Iterator[str]:
    """Yield each job that a deployed fleet could only read: it manages all of its jobs."""
    for job in loaded.jobs:
        if job.existing_job is not None:
            place = _at(job.origin.document.source, job.origin.offset(""))
            yield (
                f"{place}: job {job.name!r}: existingJob is for neoctl plan and apply; leave the "
                "job out of the fleet, or let the fleet compile it anew"
            )


def _role_errors(loaded: Loaded, allowed: Collection[object]) -> Iterator[str]:
    """Yield each role that the app does not name: it would be passed to SageMaker."""
    for job in loaded.jobs:
        role = job.wire.get("RoleArn")
        if role not in allowed:
            place = _at(job.origin.document.source, job.origin.offset("RoleArn"))
            yield (
                f"{place}: RoleArn: {role!r} is not a role that the app names; pass it in "
                "roles=[…] or in variables"
            )


def _texts(variables: Mapping[str, object]) -> list[str]:
    return [value for value in variables.values() if isinstance(value, str)]


def _at(source: Source, offset: int) -> str:
    line, column = source.position(offset)
    return f"{source.name}:{line}:{column}"


def _completed(wire: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    complete = {key: value for key, value in wire.items() if key != "CompilationJobName"}
    output = complete.get("OutputConfig") or {}
    if "S3OutputLocation" not in output:
        complete["OutputConfig"] = {**defaults["OutputConfig"], **output}
    return {**defaults, **complete}
