"""Stand-ins for the boto3 clients that the adapters use, on the in-memory services.

Methods, parameters, answers and ClientErrors are boto3's, so the real adapter runs on it
unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from reconciler.core.ports import StackResourceView, StackView
from tests.contract.privilege.recording import record_head, record_stack
from tests.fakes.gateway import Answer, Travel, at_once
from tests.fakes.object_reader import content_of
from tests.fakes.sagemaker import ApiError, FakeSageMaker, Wire


@dataclass(slots=True)
class FakeSageMakerClient:
    """The part of boto3's SageMaker client that the adapter uses."""

    service: FakeSageMaker
    travel: Travel = at_once

    def create_compilation_job(self, **request: Any) -> Wire:
        return self._call(
            "CreateCompilationJob", lambda: self.service.create_compilation_job(request)
        )

    def describe_compilation_job(self, *, CompilationJobName: str) -> Wire:  # noqa: N803
        return self._call(
            "DescribeCompilationJob",
            lambda: self.service.describe_compilation_job(CompilationJobName),
        )

    def list_compilation_jobs(self, **query: Any) -> Wire:
        return self._call(
            "ListCompilationJobs",
            lambda: self.service.list_compilation_jobs(
                name_contains=_name_contains(query),
                newest_first=query.get("SortOrder") == "Descending",
                max_results=query.get("MaxResults", 10),
                next_token=query.get("NextToken", ""),
            ),
        )

    def stop_compilation_job(self, *, CompilationJobName: str) -> Wire:  # noqa: N803
        return self._call(
            "StopCompilationJob", lambda: self.service.stop_compilation_job(CompilationJobName)
        )

    def delete_compilation_job(self, *, CompilationJobName: str) -> Wire:  # noqa: N803
        return self._call(
            "DeleteCompilationJob", lambda: self.service.delete_compilation_job(CompilationJobName)
        )

    def list_tags(self, *, ResourceArn: str, **page: Any) -> Wire:  # noqa: N803
        return self._call("ListTags", lambda: self.service.list_tags(ResourceArn))

    def add_tags(self, *, ResourceArn: str, Tags: list[dict[str, str]]) -> Wire:  # noqa: N803
        tags = {tag["Key"]: tag["Value"] for tag in Tags}
        return self._call("AddTags", lambda: self.service.add_tags(ResourceArn, tags))

    def delete_tags(self, *, ResourceArn: str, TagKeys: list[str]) -> Wire:  # noqa: N803
        return self._call("DeleteTags", lambda: self.service.delete_tags(ResourceArn, TagKeys))

    def _call(self, operation: str, commit: Callable[[], Wire]) -> Wire:
        return answered(self.travel, operation, commit)


@dataclass(slots=True)
class FakeS3Client:
    """The part of boto3's S3 client that the adapter uses."""

    service: FakeSageMaker
    travel: Travel = at_once

    def head_object(self, *, Bucket: str, Key: str, **more: str) -> Wire:  # noqa: N803
        def head() -> Wire:
            uri = f"s3://{Bucket}/{Key}"
            there = self.service.artifact_exists(uri)
            record_head(uri, missing=not there, checksum="ChecksumMode" in more)
            if there:
                return {"ContentLength": 1}
            raise ApiError("404", "Not Found")

        return answered(self.travel, "HeadObject", head)

    def get_object(self, *, Bucket: str, Key: str, **more: str) -> Wire:  # noqa: N803
        uri = f"s3://{Bucket}/{Key}"

        def get() -> Wire:
            content = content_of(self.service, uri)
            record_head(uri, missing=content is None, checksum=content is not None)
            if content is None:
                raise ApiError("NoSuchKey", "The specified key does not exist.")
            return {"Body": FakeBody(content, self.travel), "ContentLength": len(content)}

        return answered(self.travel, "GetObject", get)


@dataclass(slots=True)
class FakeBody:
    """A streaming body; each read may break as a connection does."""

    content: bytes
    travel: Travel
    position: int = 0

    def read(self, size: int) -> bytes:
        end = self.position + size
        piece = answered(self.travel, "GetObject body", lambda: self.content[self.position : end])
        self.position += len(piece)
        return piece


@dataclass(slots=True)
class FakeCloudFormationClient:
    """The part of boto3's CloudFormation client that the adapter uses, on views of stacks."""

    stack_view: Callable[[str], StackView | None]
    resources_view: Callable[[str], Mapping[str, StackResourceView]]
    travel: Travel = at_once

    def describe_stacks(self, *, StackName: str) -> Wire:  # noqa: N803
        def describe() -> Wire:
            record_stack("DescribeStacks", StackName)
            view = self.stack_view(StackName)
            if view is None:
                raise ApiError("ValidationError", f"Stack with id {StackName} does not exist")
            stack: Wire = {"StackName": StackName, "StackStatus": view.status}
            if view.last_updated is not None:
                stack["LastUpdatedTime"] = view.last_updated
            return {"Stacks": [stack]}

        return answered(self.travel, "DescribeStacks", describe)

    def list_stack_resources(self, *, StackName: str) -> Wire:  # noqa: N803
        def listed() -> Wire:
            record_stack("ListStackResources", StackName)
            return {
                "StackResourceSummaries": [
                    {"LogicalResourceId": name, "ResourceStatus": view.status}
                    | ({"PhysicalResourceId": view.physical_id} if view.physical_id else {})
                    | ({"LastUpdatedTimestamp": view.changed} if view.changed else {})
                    for name, view in self.resources_view(StackName).items()
                ]
            }

        return answered(self.travel, "ListStackResources", listed)


def answered(travel: Travel, operation: str, commit: Callable[[], Answer]) -> Answer:
    """Return what botocore returns or raises for a call that travels so."""
    try:
        return travel(operation, commit)
    except ApiError as error:
        if error.code == "RequestTimeout":
            raise ReadTimeoutError(endpoint_url="https://api.test", error=error) from error
        body: Any = {
            "Error": {"Code": error.code, "Message": error.message},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(body, operation) from error


def _name_contains(query: Wire) -> str:
    """Return NameContains; the service refuses an empty one, and one with other characters."""
    text: str = query.get("NameContains", "")
    if "NameContains" in query and not re.fullmatch(r"[a-zA-Z0-9\-]{1,63}", text):
        raise ApiError(
            "ValidationException",
            f"1 validation error detected: Value '{text}' at 'nameContains' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9\\-]+",
        )
    return text
