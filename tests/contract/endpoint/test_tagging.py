"""The Tagging API over everything: what is kept here, and what MiniStack's own API says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from neo_local.endpoint.services import Surroundings
from tests.fakes.endpoint import Service, arn_of, create_request, running_service

BUCKET, KEY = "arn:aws:s3:::models", "arn:aws:kms:us-east-1:000000000000:key/k"
GONE = {"StatusCode": 400, "ErrorCode": "InvalidParameterException", "ErrorMessage": "gone"}


@dataclass
class Others:
    """The Tagging API of a bucket and a key; its GetResources knows no pages, as MiniStack's."""

    tags: dict[str, dict[str, str]] = field(
        default_factory=lambda: {BUCKET: {"team": "data"}, KEY: {"stage": "prod"}}
    )
    asked: list[str] = field(default_factory=list)

    def call(self, operation: str, request: Mapping[str, Any], /) -> dict[str, Any]:
        self.asked.append(operation)
        match operation:
            case "GetResources":
                assert not {"PaginationToken", "ResourcesPerPage"} & set(request)
                wanted = {one["Key"] for one in request.get("TagFilters", ())}
                arns = request.get("ResourceARNList", self.tags)
                found = {arn: self.tags[arn] for arn in arns if wanted <= set(self.tags[arn])}
                return {"ResourceTagMappingList": [_mapping(*one) for one in found.items()]}
            case "GetTagKeys":
                return {"TagKeys": [key for tags in self.tags.values() for key in tags]}
            case "GetTagValues":
                key = request["Key"]
                return {"TagValues": [tags[key] for tags in self.tags.values() if key in tags]}
            case _:
                return {"FailedResourcesMap": self._change(request)}

    def _change(self, request: Mapping[str, Any]) -> dict[str, Any]:
        failed = {}
        for arn in request["ResourceARNList"]:
            if arn in self.tags:
                kept = {**self.tags[arn], **request.get("Tags", {})}
                gone = request.get("TagKeys", ())
                self.tags[arn] = {key: kept[key] for key in kept if key not in gone}
            else:
                failed[arn] = GONE
        return failed


def _mapping(arn: str, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ResourceARN": arn,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def service(tmp_path: Path, others: Others) -> Iterator[Service]:
    with running_service(tmp_path, around=Surroundings(others=others)) as running:
        tags = [{"Key": "team", "Value": "vision"}]
        for name in ("one", "two"):
            running.client().create_compilation_job(**create_request(name, Tags=tags))
        yield running


@pytest.fixture
def tagging(service: Service) -> Any:
    return service.client("resourcegroupstaggingapi")


def arns_of(tagging: Any, **request: Any) -> list[str]:
    pages = tagging.get_paginator("get_resources").paginate(**request)
    return [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]


def test_everything_is_found_in_pages_of_any_size(tagging: Any) -> None:
    everything = sorted([BUCKET, KEY, arn_of("one"), arn_of("two")])
    for size in (1, 3, 100):
        assert arns_of(tagging, ResourcesPerPage=size) == everything
    assert arns_of(tagging, TagFilters=[{"Key": "team"}]) == [
        BUCKET, *(arn_of(name) for name in ("one", "two"))
    ]  # fmt: skip
    given = tagging.get_resources(ResourceARNList=[KEY, arn_of("two")])["ResourceTagMappingList"]
    assert [one["ResourceARN"] for one in given] == [KEY, arn_of("two")]


def test_what_is_asked_of_sagemaker_alone_asks_nobody_else(tagging: Any, others: Others) -> None:
    assert len(arns_of(tagging, ResourceTypeFilters=["sagemaker:compilation-job"])) == 2
    assert tagging.get_resources(ResourceARNList=[arn_of("one")])["ResourceTagMappingList"]
    assert others.asked == []


def test_keys_and_values_are_everybodys(tagging: Any) -> None:
    assert tagging.get_tag_keys()["TagKeys"] == ["stage", "team"]
    assert tagging.get_tag_values(Key="team")["TagValues"] == ["data", "vision"]


def test_resources_of_all_services_are_tagged_at_once_and_failures_named(
    service: Service, tagging: Any, others: Others
) -> None:
    unknown, bucket = arn_of("none"), "arn:aws:s3:::none"
    failed = tagging.tag_resources(
        ResourceARNList=[arn_of("one"), BUCKET, unknown, bucket], Tags={"cost": "7"}
    )["FailedResourcesMap"]
    assert set(failed) == {unknown, bucket}
    assert failed[unknown]["ErrorMessage"] == "Could not find compilation job 'none'."
    assert others.tags[BUCKET] == {"team": "data", "cost": "7"}
    shown = service.client().list_tags(ResourceArn=arn_of("one"))["Tags"]
    assert {"Key": "cost", "Value": "7"} in shown
    failed = tagging.untag_resources(ResourceARNList=[arn_of("one"), BUCKET], TagKeys=["cost"])
    assert failed["FailedResourcesMap"] == {}
    assert arns_of(tagging, TagFilters=[{"Key": "cost"}]) == []


def test_fifty_tags_are_fifty_here_too(service: Service, tagging: Any) -> None:
    many = {f"k{number}": "" for number in range(49)}
    arn = arn_of("one")
    assert tagging.tag_resources(ResourceARNList=[arn], Tags=many)["FailedResourcesMap"] == {}
    failed = tagging.tag_resources(ResourceARNList=[arn], Tags={"one": "more"})
    assert "at most 50 tags" in failed["FailedResourcesMap"][arn]["ErrorMessage"]
    changed = tagging.tag_resources(ResourceARNList=[arn], Tags={"k7": "changed"})
    assert changed["FailedResourcesMap"] == {}
    assert len(service.client().list_tags(ResourceArn=arn)["Tags"]) == 50


def test_a_list_of_arns_stands_alone(tagging: Any) -> None:
    with pytest.raises(tagging.exceptions.InvalidParameterException, match="cannot be combined"):
        tagging.get_resources(ResourceARNList=[KEY], TagFilters=[{"Key": "team"}])
