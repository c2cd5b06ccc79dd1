"""The jobs of specs against a model, each finding at its line and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.rules.finding import Severity
from reconciler.spec.inspection.against import check_request
from reconciler.spec.inspection.inspect import Report
from reconciler.spec.inspection.render import Placed, printable
from reconciler.spec.job import SpecJob
from reconciler.spec.load import Found, environment_variables, load


class SpecError(Exception):
    """Specs that cannot be used; `lines` says where and why."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def check_specs(
    paths: Sequence[str],
    only: set[str],
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    model: str,
    report: Report,
) -> tuple[list[str], list[Placed]]:
    """The names of the jobs that were checked, and what the model contradicts in them.

    Without names, the jobs whose S3Uri ends with the archive's name are checked, and all if there
    are none such.

    Raises:
        SpecError: A spec has mistakes, or there is no job to check.
    """
    loaded = load(paths, variables={**environment_variables(environment), **variables})
    wrong = [item for item in loaded.problems if item.problem.finding.severity is Severity.ERROR]
    if wrong:
        raise SpecError([_line(item) for item in wrong])
    jobs = _chosen(loaded.jobs, only, model)
    if not jobs:
        known = ", ".join(job.name for job in loaded.jobs) or "none"
        raise SpecError([f"Error: no job to check; the specs have: {printable(known)}"])
    placed = [item for job in jobs for item in _check(job, report)]
    return [job.name for job in jobs], placed


def _line(item: Found) -> str:
    line, column = item.source.position(item.problem.offset)
    found = item.problem.finding
    return printable(f"{item.source.name}:{line}:{column}: {found.code} {found.message}")


def _chosen(jobs: Sequence[SpecJob], only: set[str], model: str) -> list[SpecJob]:
    if only:
        return [job for job in jobs if job.name in only]
    archive = model.rsplit("/", 1)[-1]
    same = [job for job in jobs if _uri(job).rsplit("/", 1)[-1] == archive]
    return same or list(jobs)


def _uri(job: SpecJob) -> str:
    source = job.wire.get("InputConfig")
    uri = source.get("S3Uri") if isinstance(source, Mapping) else None
    return uri if isinstance(uri, str) else ""


def _check(job: SpecJob, report: Report) -> list[Placed]:
    silenced = {item.code for item in job.suppressed}
    placed = []
    for finding in check_request(job.wire, report):
        if finding.code not in silenced:
            source = job.origin.document.source
            line, column = source.position(job.origin.offset(finding.path))
            placed.append(Placed(finding, source.name, line, column, job.name))
    return placed
