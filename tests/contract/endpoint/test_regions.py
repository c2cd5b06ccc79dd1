"""A request is for the region that it is signed for, and sees nothing of another."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.fakes.endpoint import Service, arn_of, create_request

ELSEWHERE = "eu-west-1"


def test_jobs_of_two_regions_may_have_one_name(service: Service) -> None:
    here, there = service.client(), service.client(region=ELSEWHERE)
    assert here.create_compilation_job(**create_request("job"))["CompilationJobArn"] == arn_of(
        "job"
    )
    made = there.create_compilation_job(
        **create_request("job", Tags=[{"Key": "of", "Value": ELSEWHERE}])
    )
    assert made["CompilationJobArn"] == arn_of("job", region=ELSEWHERE)
    for client, region in ((here, "us-east-1"), (there, ELSEWHERE)):
        [listed] = client.list_compilation_jobs()["CompilationJobSummaries"]
        assert listed["CompilationJobArn"] == arn_of("job", region=region)
    service.wait("job", "COMPLETED")
    here.delete_compilation_job(CompilationJobName="job")
    assert there.describe_compilation_job(CompilationJobName="job")
    with pytest.raises(ClientError, match="Could not find the resource"):
        here.list_tags(ResourceArn=arn_of("job", region=ELSEWHERE))


def test_each_region_has_its_own_tags_and_quota(service: Service) -> None:
    service.compiler.gate.clear()
    service.switch(max_concurrent_jobs=1)
    tags = [{"Key": "team", "Value": "vision"}]
    for region in ("us-east-1", ELSEWHERE):
        client = service.client(region=region)
        client.create_compilation_job(**create_request("job", Tags=tags))
        with pytest.raises(ClientError, match="utilization of 1 jobs"):
            client.create_compilation_job(**create_request("another"))
        found = service.client("resourcegroupstaggingapi", region=region).get_resources()
        [mapping] = found["ResourceTagMappingList"]
        assert mapping["ResourceARN"] == arn_of("job", region=region)
