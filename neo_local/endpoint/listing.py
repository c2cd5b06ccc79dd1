"""SageMaker's List operations: filters, order, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from neo_local.endpoint import paging
from neo_local.endpoint.errors import validation
from neo_local.faults import Switches
from neo_local.jobs.job import Job

DEFAULT_PAGE = 10  # unverified; SageMaker's other lists say 10
_PAGE_MEMBERS = ("NextToken", "MaxResults")


@dataclass(frozen=True, slots=True)
class Row:
    """What a List operation filters and sorts by, and how it shows it. Times are epoch seconds."""

    name: str
    created: float
    modified: float
    status: str
    summary: Callable[[], dict[str, Any]]


_SORT_KEYS: Mapping[str, Callable[[Row], Any]] = {
    "Name": lambda row: row.name,
    "CreationTime": lambda row: row.created,
    "Status": lambda row: row.status,
}


def list_jobs(
    jobs: Iterable[Job], request: Mapping[str, Any], switches: Switches
) -> dict[str, Any]:
    """Answer ListCompilationJobs. Raises ServiceError for a token of another query."""
    return list_rows(map(_row_of, jobs), "CompilationJobSummaries", request, switches)


def _row_of(job: Job) -> Row:
    return Row(job.name, job.created, job.modified, job.status.value, lambda: summary(job))


def list_rows(
    rows: Iterable[Row],
    member: str,
    request: Mapping[str, Any],
    switches: Switches,
    order: str = "Ascending",
) -> dict[str, Any]:
    """Answer a List operation with one page. Raises ServiceError for a token of another query.

    A page continues after the last row of the one before, by sort key and name, so rows that
    are deleted between two pages shift nothing.
    """
    query = {key: value for key, value in request.items() if key not in _PAGE_MEMBERS}
    key = _SORT_KEYS[request.get("SortBy", "CreationTime")]
    descending = request.get("SortOrder", order) == "Descending"
    ordered = sorted(rows, key=lambda row: (key(row), row.name), reverse=descending)
    if not switches.filter_after_paging:
        ordered = [row for row in ordered if _selected(row, request)]
    after, blank_given = _position(request, query)
    if after is not None:
        ordered = [row for row in ordered if _is_after((key(row), row.name), after, descending)]
    if switches.empty_pages and ordered and not blank_given:
        token = paging.encode([list(after) if after else None, True], query)
        return {member: [], "NextToken": token}
    size = request.get("MaxResults", DEFAULT_PAGE)
    page, rest = ordered[:size], ordered[size:]
    answer: dict[str, Any] = {member: [row.summary() for row in page if _selected(row, request)]}
    if rest:
        last = page[-1]
        answer["NextToken"] = paging.encode([[key(last), last.name], False], query)
    return answer


def _position(
    request: Mapping[str, Any], query: Mapping[str, Any]
) -> tuple[tuple[Any, str] | None, bool]:
    token = request.get("NextToken")
    if not token:
        return None, False
    try:
        after, blank_given = paging.decode(token, query)
    except ValueError as problem:
        raise validation("Invalid NextToken: it was issued for other filters") from problem
    return (tuple(after) if after else None), bool(blank_given)


def _is_after(position: tuple[Any, str], after: tuple[Any, str], descending: bool) -> bool:
    return position < after if descending else position > after


def _selected(row: Row, request: Mapping[str, Any]) -> bool:
    return (
        request.get("NameContains", "") in row.name
        and request.get("StatusEquals", row.status) == row.status
        and _within(row.created, request, "CreationTime")
        and _within(row.modified, request, "LastModifiedTime")
    )


def _within(when: float, request: Mapping[str, Any], name: str) -> bool:
    after, before = request.get(f"{name}After"), request.get(f"{name}Before")
    return (after is None or when > after) and (before is None or when < before)


def summary(job: Job) -> dict[str, Any]:
    """Return a CompilationJobSummary, which has neither role, tags nor input."""
    output = job.request["OutputConfig"]
    platform = output.get("TargetPlatform", {})
    fields = {
        "CompilationJobName": job.name,
        "CompilationJobArn": job.arn,
        "CreationTime": job.created,
        "CompilationStartTime": job.started,
        "CompilationEndTime": job.ended,
        "CompilationTargetDevice": output.get("TargetDevice"),
        "CompilationTargetPlatformOs": platform.get("Os"),
        "CompilationTargetPlatformArch": platform.get("Arch"),
        "CompilationTargetPlatformAccelerator": platform.get("Accelerator"),
        "LastModifiedTime": job.modified,
        "CompilationJobStatus": job.status.value,
    }
    return {key: value for key, value in fields.items() if value is not None}
