"""ListCompilationJobs: filters, order, pages; and DescribeCompilationJob's odd answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.endpoint import Service, create_request, running_service

START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
NAMES = ("delta", "alpha", "echo", "bravo", "charlie")


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = START.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stocked(tmp_path: Path, clock: Clock) -> Iterator[Service]:
    """Five jobs, created a minute apart and all held in progress or waiting."""
    with running_service(tmp_path, clock) as running:
        running.compiler.gate.clear()
        for name in NAMES:
            running.client().create_compilation_job(**create_request(name))
            if name in NAMES[:2]:
                running.wait(name, "INPROGRESS")  # else it might start when time has moved
            clock.now += 60
        yield running


def names(answer: dict[str, Any]) -> list[str]:
    return [job["CompilationJobName"] for job in answer["CompilationJobSummaries"]]


def at(minutes: float) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, list(NAMES)),
        ({"SortOrder": "Descending"}, list(reversed(NAMES))),
        ({"SortBy": "Name"}, sorted(NAMES)),
        ({"SortBy": "Name", "SortOrder": "Descending"}, sorted(NAMES, reverse=True)),
        ({"NameContains": "a", "SortBy": "Name"}, ["alpha", "bravo", "charlie", "delta"]),
        ({"NameContains": "nobody"}, []),
        ({"CreationTimeAfter": at(1.5)}, ["echo", "bravo", "charlie"]),
        ({"CreationTimeBefore": at(1.5)}, ["delta", "alpha"]),
        ({"CreationTimeAfter": at(0.5), "CreationTimeBefore": at(3.5)}, ["alpha", "echo", "bravo"]),
        ({"LastModifiedTimeAfter": at(3.5)}, ["charlie"]),
        ({"LastModifiedTimeBefore": at(0.5)}, ["delta"]),
    ],
)
def test_filters_and_orders(stocked: Service, filters: dict[str, Any], expected: list[str]) -> None:
    assert names(stocked.client().list_compilation_jobs(**filters)) == expected


def test_jobs_can_be_listed_by_status(stocked: Service) -> None:
    stocked.client().stop_compilation_job(CompilationJobName="charlie")
    stocked.wait("charlie", "STOPPED")
    stopped = stocked.client().list_compilation_jobs(StatusEquals="STOPPED")
    assert names(stopped) == ["charlie"]
    by_status = stocked.client().list_compilation_jobs(SortBy="Status")
    found = [job["CompilationJobStatus"] for job in by_status["CompilationJobSummaries"]]
    assert found == sorted(found)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("filter_after_paging", [False, True])
@pytest.mark.parametrize("empty_pages", [False, True])
def test_boto3s_paginator_sees_every_job_once(
    stocked: Service, size: int, order: str, filter_after_paging: bool, empty_pages: bool
) -> None:
    stocked.switch(filter_after_paging=filter_after_paging, empty_pages=empty_pages)
    paginator = stocked.client().get_paginator("list_compilation_jobs")
    pages = list(
        paginator.paginate(
            NameContains="l", SortBy="Name", SortOrder=order, PaginationConfig={"PageSize": size}
        )
    )
    found = [name for page in pages for name in names(page)]
    assert found == sorted(["alpha", "charlie", "delta"], reverse=order == "Descending")
    if empty_pages or (filter_after_paging and size == 1):
        assert any(not names(page) and page.get("NextToken") for page in pages)


def test_a_page_has_ten_jobs_unless_asked_otherwise(service: Service) -> None:
    service.compiler.gate.clear()
    for number in range(11):
        service.client().create_compilation_job(**create_request(f"job-{number}"))
    page = service.client().list_compilation_jobs()
    assert len(names(page)) == 10
    assert len(names(service.client().list_compilation_jobs(NextToken=page["NextToken"]))) == 1


def test_a_job_deleted_between_two_pages_hides_no_other(stocked: Service) -> None:
    client = stocked.client()
    client.stop_compilation_job(CompilationJobName="charlie")
    stocked.wait("charlie", "STOPPED")
    first = client.list_compilation_jobs(MaxResults=3, SortBy="Name")
    client.delete_compilation_job(CompilationJobName="charlie")
    rest = client.list_compilation_jobs(MaxResults=3, SortBy="Name", NextToken=first["NextToken"])
    assert names(first) + names(rest) == sorted(NAMES)


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U=", "W10=", "Nw==", "é"])
def test_a_token_of_another_query_is_refused(stocked: Service, token: str) -> None:
    client = stocked.client()
    with pytest.raises(ClientError, match="NextToken"):
        client.list_compilation_jobs(NextToken=token)
    given = client.list_compilation_jobs(MaxResults=1)["NextToken"]
    with pytest.raises(ClientError, match="NextToken"):
        client.list_compilation_jobs(MaxResults=1, NameContains="a", NextToken=given)


def test_a_stale_list_shows_the_jobs_as_they_were(stocked: Service, clock: Clock) -> None:
    stocked.switch(stale_list_seconds=150)
    assert names(stocked.client().list_compilation_jobs()) == ["delta", "alpha", "echo"]
    stocked.client().stop_compilation_job(CompilationJobName="delta")
    stocked.wait("delta", "STOPPED")
    stale = stocked.client().list_compilation_jobs()["CompilationJobSummaries"][0]
    assert stale["CompilationJobStatus"] == "INPROGRESS"
    clock.now += 150
    fresh = stocked.client().list_compilation_jobs()["CompilationJobSummaries"][0]
    assert fresh["CompilationJobStatus"] == "STOPPED"


def test_a_summary_has_the_target_and_no_more_than_the_services(service: Service) -> None:
    service.compiler.gate.clear()
    platform = {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"}
    output = {"S3OutputLocation": "s3://b/o", "TargetPlatform": platform}
    service.client().create_compilation_job(**create_request("with", OutputConfig=output))
    bare = {**output, "TargetPlatform": {"Os": "LINUX", "Arch": "X86_64"}}
    service.client().create_compilation_job(**create_request("without", OutputConfig=bare))
    first, second = service.client().list_compilation_jobs()["CompilationJobSummaries"]
    assert first["CompilationTargetPlatformAccelerator"] == "NVIDIA"
    assert second["CompilationTargetPlatformArch"] == "X86_64"
    assert "CompilationTargetPlatformAccelerator" not in second
    for absent in ("RoleArn", "Tags", "InputConfig"):
        assert absent not in first
