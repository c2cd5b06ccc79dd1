"""The jobs of specs against a model, each finding at its line and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.rules.finding import Finding
from reconciler.spec.checking import Located
from reconciler.spec.comments import suppressions_of
from reconciler.spec.inspection.against import check_request
from reconciler.spec.inspection.inspect import Report
from reconciler.spec.job import SpecJob


def jobs_for(jobs: Sequence[SpecJob], only: set[str], model: str) -> list[SpecJob]:
    """The jobs that are about a model.

    Args:
        jobs: All jobs of the specs.
        only: Names of jobs to take; if empty, those whose S3Uri ends with the archive's name are
            taken, or all if there are none such.
        model: The archive's path or URI.
    """
    if only:
        return [job for job in jobs if job.name in only or job.name.split("/")[0] in only]
    archive = model.rsplit("/", 1)[-1]
    same = [job for job in jobs if _uri(job).rsplit("/", 1)[-1] == archive]
    return same or list(jobs)


def _uri(job: SpecJob) -> str:
    source = job.wire.get("InputConfig")
    uri = source.get("S3Uri") if isinstance(source, Mapping) else None
    return uri if isinstance(uri, str) else ""


def check_jobs(jobs: Iterable[SpecJob], report: Report) -> list[Located]:
    """What the model contradicts in jobs, suppressed findings left out."""
    return [item for job in jobs for item in _check(job, report)]


def _check(job: SpecJob, report: Report) -> Iterator[Located]:
    source = job.origin.document.source
    comments, _ = suppressions_of(source)
    for finding in check_request(job.wire, report):
        found = Located(finding, source, job.origin.offset(finding.path), job.name)
        silenced = any(item.code == finding.code for item in job.suppressed) or any(
            item.code == finding.code and item.line in (None, found.position[0])
            for item in comments
        )
        if not silenced:
            yield found


def merged(found: Iterable[Located]) -> list[Located]:
    """One finding for what several jobs share: same place, same words."""
    together: dict[tuple[str, int, Finding], list[Located]] = {}
    for item in found:
        together.setdefault((item.source.name, item.offset, item.finding), []).append(item)
    return [
        replace(items[0], job=", ".join(item.job for item in items[:4]) + ("…" * (len(items) > 4)))
        for items in together.values()
    ]
