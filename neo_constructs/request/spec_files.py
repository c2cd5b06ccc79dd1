"""Spec files as jobs of a fleet."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from neo_constructs.errors import ConstructError
from neo_constructs.synth.tokens import has_token
from reconciler.rules.finding import Severity
from reconciler.specs.checking import check
from reconciler.specs.load import load

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
) -> list[SpecRequest]:
    """Return the jobs of files and folders.

    Args:
        construct: Whose jobs these are, for errors.
        path: Files and folders.
        variables: Values of variables, tokens included.
        unused_is_wrong: Variables that a spec must use.
        defaults: RoleArn, S3OutputLocation, KmsKeyId and VpcConfig of jobs that have none.

    Raises ConstructError with every error, each with file, line and column.
    """
    from dataclasses import replace

    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    loaded = load([os.fspath(each) for each in paths], variables=variables, is_late=has_token)
    loaded.jobs = [replace(job, wire=_completed(job.wire, defaults)) for job in loaded.jobs]
    unused = sorted(unused_is_wrong - loaded.used)
    found = check(loaded, is_late=has_token)
    errors = [
        f"{each.source.name}:{each.position[0]}:{each.position[1]}: {each.finding.code} "
        f"{each.finding.path}: {each.finding.message}"
        + (f"; got {each.finding.got}" if each.finding.got else "")
        + (f"; allowed: {each.finding.allowed}" if each.finding.allowed else "")
        for each in found
        if each.finding.severity is Severity.ERROR
    ]
    errors += [f"the variable {name!r} is not used by any spec" for name in unused]
    if not loaded.jobs and not errors:
        errors = [f"no spec with a job in {', '.join(map(str, paths))}"]
    if errors:
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        raise ConstructError(construct, "\n".join(["specs are refused:", *errors[:SHOWN], *more]))
    return [SpecRequest(job.name, job.wire, job.revision, job.exact_output) for job in loaded.jobs]


def _completed(wire: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    complete = {key: value for key, value in wire.items() if key != "CompilationJobName"}
    for key in ("RoleArn", "VpcConfig"):
        if defaults[key] is not None:
            complete.setdefault(key, defaults[key])
    output = dict(complete.get("OutputConfig") or {})
    if "S3OutputLocation" not in output:
        output["S3OutputLocation"] = defaults["S3OutputLocation"]
        if defaults["KmsKeyId"] is not None:
            output.setdefault("KmsKeyId", defaults["KmsKeyId"])
    complete["OutputConfig"] = output
    return complete
