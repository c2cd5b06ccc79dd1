"""The jobs of specs against a model, each finding at its line and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.inspection.checks.report import InspectionReport
from reconciler.inspection.checks.request import check_request
from reconciler.specs.checking import Located
from reconciler.specs.comments import suppressions_of
from reconciler.specs.job import SpecJob


def jobs_for(jobs: Sequence[SpecJob], only: set[str], model: str) -> list[SpecJob]:
    """Return the jobs that are about a model.

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


def check_jobs(jobs: Iterable[SpecJob], report: InspectionReport) -> list[Located]:
    """Return what the model contradicts in jobs, suppressed findings left out."""
    return [item for job in jobs for item in _check(job, report)]


def _check(job: SpecJob, report: InspectionReport) -> Iterator[Located]:
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
