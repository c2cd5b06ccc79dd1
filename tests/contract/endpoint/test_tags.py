"""Tags: on create, added, removed, listed, and found through GetResources."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.endpoint import ACCOUNT, REGION, Service, create_request


def arn(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:compilation-job/{name}"


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def tags_of(sagemaker: Any, name: str) -> dict[str, str]:
    found = sagemaker.list_tags(ResourceArn=arn(name))["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_a_job_has_the_tags_that_it_was_given_and_no_others(sagemaker: Any) -> None:
    sagemaker.create_compilation_job(**create_request("job"))
    assert sagemaker.list_tags(ResourceArn=arn("job"))["Tags"] == []


def test_tags_are_set_changed_and_removed(sagemaker: Any) -> None:
    sagemaker.create_compilation_job(**create_request("job", Tags=tags(a="1", b="2")))
    assert tags_of(sagemaker, "job") == {"a": "1", "b": "2"}
    added = sagemaker.add_tags(ResourceArn=arn("job"), Tags=tags(b="3", c="4"))["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in added} == {
        "a": "1",
        "b": "3",
        "c": "4",
    }
    sagemaker.delete_tags(ResourceArn=arn("job"), TagKeys=["a", "never-there"])
    assert tags_of(sagemaker, "job") == {"b": "3", "c": "4"}


def test_a_job_has_at_most_fifty_tags(sagemaker: Any) -> None:
    many = {f"k{number}": "" for number in range(50)}
    sagemaker.create_compilation_job(**create_request("job", Tags=tags(**many)))
    with pytest.raises(ClientError, match="at most 50 tags"):
        sagemaker.add_tags(ResourceArn=arn("job"), Tags=tags(a=""))
    sagemaker.add_tags(ResourceArn=arn("job"), Tags=tags(k7="changed"))
    assert tags_of(sagemaker, "job") == many | {"k7": "changed"}


def test_tags_are_shown_as_json_in_errors(sagemaker: Any) -> None:
    with pytest.raises(ClientError) as refused:
        sagemaker.create_compilation_job(
            **create_request("job", Tags=[{"Key": "a", "Value": "1"}] * 51)
        )
    message = refused.value.response["Error"]["Message"]
    assert message.startswith(
        """1 validation error detected: Value '[{"Key": "a", "Value": "1"}, """
    )


@pytest.mark.parametrize("operation", ["list_tags", "add_tags", "delete_tags"])
@pytest.mark.parametrize("shape", ["ResourceNotFound", "ValidationException"])
def test_tags_of_an_unknown_job_are_refused_in_either_shape(
    service: Service, operation: str, shape: str
) -> None:
    service.switch(not_found=shape)
    extra: dict[str, Any] = {"add_tags": {"Tags": tags(a="1")}, "delete_tags": {"TagKeys": ["a"]}}
    with pytest.raises(ClientError) as caught:
        getattr(service.client(), operation)(ResourceArn=arn("none"), **extra.get(operation, {}))
    assert caught.value.response["Error"]["Code"] == shape


@pytest.mark.parametrize(
    "foreign",
    [
        f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:compilation-job/job",
        f"arn:aws:sagemaker:{REGION}:999999999999:compilation-job/job",
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/job",
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/job",
    ],
)
def test_arns_of_elsewhere_are_refused(sagemaker: Any, foreign: str) -> None:
    sagemaker.create_compilation_job(**create_request("job"))
    with pytest.raises(ClientError, match="Could not find the resource"):
        sagemaker.list_tags(ResourceArn=foreign)


@pytest.fixture
def tagging(service: Service) -> Any:
    for name, values in {
        "one": {"team": "a", "stage": "dev"},
        "two": {"team": "b", "stage": "dev"},
        "three": {"team": "a"},
    }.items():
        service.client().create_compilation_job(**create_request(name, Tags=tags(**values)))
    return service.client("resourcegroupstaggingapi")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, {"one", "two", "three"}),
        ({"ResourceTypeFilters": ["sagemaker:compilation-job"]}, {"one", "two", "three"}),
        ({"ResourceTypeFilters": ["sagemaker", "s3"]}, {"one", "two", "three"}),
        ({"ResourceTypeFilters": ["s3", "sagemaker:model"]}, set()),
        ({"TagFilters": [{"Key": "team", "Values": ["a"]}]}, {"one", "three"}),
        ({"TagFilters": [{"Key": "team", "Values": ["a", "b"]}]}, {"one", "two", "three"}),
        ({"TagFilters": [{"Key": "stage"}]}, {"one", "two"}),
        ({"TagFilters": [{"Key": "team", "Values": ["a"]}, {"Key": "stage"}]}, {"one"}),
        ({"ResourceARNList": [arn("two"), "arn:aws:s3:::bucket"]}, {"two"}),
    ],
)
def test_jobs_are_found_by_type_and_tag(
    tagging: Any, request_: dict[str, Any], expected: set[str]
) -> None:
    found = tagging.get_resources(**request_)["ResourceTagMappingList"]
    assert {one["ResourceARN"].rsplit("/", 1)[1] for one in found} == expected


def test_found_jobs_carry_their_tags(tagging: Any) -> None:
    (found,) = tagging.get_resources(TagFilters=[{"Key": "team", "Values": ["b"]}])[
        "ResourceTagMappingList"
    ]
    assert {"Key": "stage", "Value": "dev"} in found["Tags"]


def test_get_resources_is_paged_as_boto3_pages_it(tagging: Any) -> None:
    pages = list(tagging.get_paginator("get_resources").paginate(ResourcesPerPage=1))
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [1, 1, 1]
    assert pages[-1]["PaginationToken"] == ""


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"ResourcesPerPage": 0}, "InvalidParameterException"),
        ({"ResourcesPerPage": 101}, "InvalidParameterException"),
        ({"PaginationToken": "nonsense"}, "PaginationTokenExpiredException"),
    ],
)
def test_bad_pages_are_refused(tagging: Any, request_: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        tagging.get_resources(**request_)
    assert caught.value.response["Error"]["Code"] == code
