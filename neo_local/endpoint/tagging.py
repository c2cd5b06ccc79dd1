"""Resource Groups Tagging API GetResources, for compilation jobs alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from neo_local.endpoint import paging
from neo_local.endpoint.errors import ServiceError
from neo_local.jobs.job import Job

DEFAULT_PAGE = 50
MAX_PAGE = 100
_OUR_TYPES = ("sagemaker", "sagemaker:compilation-job")


def get_resources(jobs: Iterable[Job], request: Mapping[str, Any]) -> dict[str, Any]:
    """Tagged jobs by ARN; jobs that never had a tag are not in the service's index either.

    Raises ServiceError (InvalidParameterException, PaginationTokenExpiredException).
    """
    size = _page_size(request)
    query = {
        key: value for key, value in request.items() if "Token" not in key and "Page" not in key
    }
    found = sorted((job for job in jobs if _selected(job, request)), key=lambda job: job.arn)
    token = request.get("PaginationToken")
    if token:
        after = _after(token, query)
        found = [job for job in found if job.arn > after]
    page, rest = found[:size], found[size:]
    return {
        "ResourceTagMappingList": [
            {"ResourceARN": job.arn, "Tags": tag_list(job.tags)} for job in page
        ],
        "PaginationToken": paging.encode([page[-1].arn], query) if rest else "",
    }


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _page_size(request: Mapping[str, Any]) -> int:
    size = int(request.get("ResourcesPerPage", DEFAULT_PAGE))
    if not 1 <= size <= MAX_PAGE:
        raise ServiceError(
            "InvalidParameterException", f"ResourcesPerPage is {size}; allowed is 1 to {MAX_PAGE}"
        )
    return size


def _after(token: str, query: Mapping[str, Any]) -> str:
    try:
        return str(paging.decode(token, query)[0])
    except ValueError as problem:
        raise ServiceError(
            "PaginationTokenExpiredException", "The PaginationToken was issued for another request."
        ) from problem


def _selected(job: Job, request: Mapping[str, Any]) -> bool:
    types = request.get("ResourceTypeFilters") or _OUR_TYPES
    arns = request.get("ResourceARNList")
    return (
        bool(job.tags)
        and any(one in _OUR_TYPES for one in types)
        and (not arns or job.arn in arns)
        and all(_has_tag(job, wanted) for wanted in request.get("TagFilters", ()))
    )


def _has_tag(job: Job, wanted: Mapping[str, Any]) -> bool:
    value = job.tags.get(wanted.get("Key", ""))
    return value is not None and (not wanted.get("Values") or value in wanted["Values"])
