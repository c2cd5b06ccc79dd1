"""A stand-in for boto3's SageMaker client, on the in-memory SageMaker.

Methods, parameters, answers and ClientErrors are boto3's, so the real adapter runs on it
unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.sagemaker import ApiError, FakeSageMaker, Wire

Call = Callable[[str, Callable[[], Wire]], Wire]
"""How a call travels: takes the operation's name and what it does at the service."""


def at_once(operation: str, commit: Callable[[], Wire]) -> Wire:
    """A perfect network."""
    return commit()


@dataclass(slots=True)
class FakeSageMakerClient:
    """The part of boto3's SageMaker client that the adapter uses."""

    service: FakeSageMaker
    travel: Call = at_once

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
                name_contains=query.get("NameContains", ""),
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
        try:
            return self.travel(operation, commit)
        except ApiError as error:
            body: Any = {
                "Error": {"Code": error.code, "Message": error.message},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            }
            raise ClientError(body, operation) from error
