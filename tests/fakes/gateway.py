"""The ports on the in-memory SageMaker, S3 and CloudFormation: one fake each, for every test.

A quiet start for a unit test::

    clock = FakeClock()
    sagemaker = FakeSageMaker(clock.seconds)
    ports = HandlerPorts(gateway=FakeGateway(sagemaker), stacks=FakeStacks(...), ...)
    service = JobService(ports)

`travel` is how a call gets to the service and back; tests put faults and latency there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from reconciler.core.canonical import Json
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.ports import (
    Denied,
    Invalid,
    LimitExceeded,
    NameInUse,
    ObjectHead,
    PortError,
    RoleNotReady,
    StackResourceView,
    StackView,
    Throttled,
    Unavailable,
)
from tests.contract.privilege.recording import record_head, record_stack
from tests.fakes.sagemaker import ApiError, FakeSageMaker, Wire
from tests.fakes.sagemaker_job import PLATFORM, target_of

ARTIFACT_BYTES = 2_500_000
Answer = TypeVar("Answer")


class Travel(Protocol):
    """How a call gets to a service and back; may raise ApiError."""

    def __call__(self, operation: str, commit: Callable[[], Answer]) -> Answer: ...


def at_once(operation: str, commit: Callable[[], Answer]) -> Answer:
    """Return a perfect network."""
    return commit()


@dataclass(slots=True)
class FakeClock:
    """A clock that only a test moves."""

    time: float = 1_700_000_000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def seconds(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


@dataclass(slots=True)
class FakeGateway:
    """Compilation jobs, with the errors that the port promises."""

    service: FakeSageMaker
    travel: Travel = at_once

    def create(self, request: Mapping[str, Json]) -> str:
        answer = self._call(
            "CreateCompilationJob", lambda: self.service.create_compilation_job(dict(request))
        )
        arn: str = answer["CompilationJobArn"]
        return arn

    def describe(self, name: str) -> ObservedJob | None:
        try:
            wire = self._call(
                "DescribeCompilationJob", lambda: self.service.describe_compilation_job(name)
            )
        except _NotFound:
            return None
        return ObservedJob(
            name=name,
            arn=wire["CompilationJobArn"],
            status=JobStatus(wire["CompilationJobStatus"]),
            created=wire["CreationTime"],
            failure_reason=wire["FailureReason"],
            s3_model_artifacts=wire["ModelArtifacts"]["S3ModelArtifacts"],
            artifact_digest=wire.get("ModelDigests", {}).get("ArtifactDigest", ""),
            described={key: wire[key] for key in _DESCRIBED if key in wire},
            changed=wire["LastModifiedTime"],
            started=wire.get("CompilationStartTime"),
            ended=wire.get("CompilationEndTime"),
            target=target_of(wire["OutputConfig"]),
        )

    def list(self, name_contains: str) -> Iterator[ObservedJob]:
        seen: dict[str, ObservedJob] = {}
        token = ""
        while True:
            page = self._page(name_contains, token)
            for summary in page["CompilationJobSummaries"]:
                seen[summary["CompilationJobName"]] = ObservedJob(
                    name=summary["CompilationJobName"],
                    arn=summary["CompilationJobArn"],
                    status=JobStatus(summary["CompilationJobStatus"]),
                    created=summary["CreationTime"],
                    changed=summary.get("LastModifiedTime"),
                    started=summary.get("CompilationStartTime"),
                    ended=summary.get("CompilationEndTime"),
                    target=summary.get("CompilationTargetDevice")
                    or "_".join(summary[key] for key in PLATFORM if key in summary),
                )
            token = page.get("NextToken", "")
            if not token:
                yield from sorted(seen.values(), key=lambda job: job.created, reverse=True)
                return

    def _page(self, name_contains: str, token: str) -> Wire:
        return self._call(
            "ListCompilationJobs",
            lambda: self.service.list_compilation_jobs(
                name_contains=name_contains, newest_first=True, max_results=100, next_token=token
            ),
        )

    def tags(self, arn: str) -> dict[str, str] | None:
        try:
            answer = self._call("ListTags", lambda: self.service.list_tags(arn))
        except _NotFound:
            return None
        return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        self._tag("AddTags", lambda: self.service.add_tags(arn, tags))

    def remove_tags(self, arn: str, keys: tuple[str, ...]) -> None:
        self._tag("DeleteTags", lambda: self.service.delete_tags(arn, [*keys]))

    def _tag(self, operation: str, commit: Callable[[], Wire]) -> None:
        try:
            self._call(operation, commit)
        except _NotFound as error:
            raise Unavailable(error.code, error.message) from error

    def stop(self, name: str) -> None:
        try:
            self._call("StopCompilationJob", lambda: self.service.stop_compilation_job(name))
        except (_NotFound, _HasEnded):
            return

    def delete(self, name: str) -> None:
        try:
            self._call("DeleteCompilationJob", lambda: self.service.delete_compilation_job(name))
        except _NotFound:
            return
        except _HasEnded as error:
            raise Unavailable(error.code, error.message) from error

    def _call(self, operation: str, commit: Callable[[], Wire]) -> Wire:
        try:
            return self.travel(operation, commit)
        except ApiError as error:
            raise port_error(error) from error


@dataclass(slots=True)
class FakeArtifacts:
    """What is in S3: the artifacts of completed jobs, and the models that a test puts there.

    Attributes:
        owner: The account that all buckets belong to.
    """

    service: FakeSageMaker
    travel: Travel = at_once
    models: dict[str, ObjectHead] = field(default_factory=dict)
    owner: str = "111122223333"

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        if bucket_owner not in (None, self.owner):
            raise Denied("403", "Forbidden")  # S3's answer to another ExpectedBucketOwner
        try:
            there = self.travel("HeadObject", lambda: self.service.artifact_exists(s3_uri))
        except ApiError as error:
            raise port_error(error) from error
        there = there or s3_uri in self.models
        record_head(s3_uri, missing=not there, checksum=checksum)
        size = len(self.service.contents.get(s3_uri, b"")) or ARTIFACT_BYTES
        head = ObjectHead(size=size, modified=self.service.artifact_written(s3_uri))
        found = self.models.get(s3_uri, head)
        if not checksum:  # S3 answers with one only if ChecksumMode asks for it
            found = replace(found, sha256="")
        return found if there else None


IN_PROGRESS = {
    name: StackResourceView("", "UPDATE_IN_PROGRESS") for name in ("Model", "Resnet50A1B2")
}
"""The resources of small tests, each of them being brought about."""


@dataclass(slots=True)
class FakeStacks:
    """CloudFormation's view of stacks, as tests set it (or look it up)."""

    stack_view: Callable[[str], StackView | None] = lambda stack_id: StackView(
        "CREATE_IN_PROGRESS", None
    )
    resources_view: Callable[[str], Mapping[str, StackResourceView]] = lambda stack_id: IN_PROGRESS
    travel: Travel = at_once
    reads: list[str] = field(default_factory=list)

    def stack(self, stack_id: str) -> StackView | None:
        self.reads.append("DescribeStacks")
        record_stack("DescribeStacks", stack_id)
        return self._call("DescribeStacks", lambda: self.stack_view(stack_id))

    def resources(self, stack_id: str) -> Mapping[str, StackResourceView]:
        self.reads.append("ListStackResources")
        record_stack("ListStackResources", stack_id)
        return self._call("ListStackResources", lambda: self.resources_view(stack_id))

    def _call(self, operation: str, commit: Callable[[], Answer]) -> Answer:
        try:
            return self.travel(operation, commit)
        except ApiError as error:
            raise port_error(error) from error


class _NotFound(PortError):
    """Either of the two shapes."""


class _HasEnded(PortError):
    """The job's status does not allow the operation."""


_DESCRIBED = (
    "RoleArn",
    "ModelPackageVersionArn",
    "InputConfig",
    "OutputConfig",
    "VpcConfig",
    "StoppingCondition",
)
_BY_CODE: dict[str, type[PortError]] = {
    "ThrottlingException": Throttled,
    "ResourceLimitExceeded": LimitExceeded,
    "ResourceInUse": NameInUse,
    "ResourceNotFound": _NotFound,
    "AccessDeniedException": Denied,
    "InternalFailure": Unavailable,
    "ServiceUnavailable": Unavailable,
    "RequestTimeout": Unavailable,
}
_BY_MESSAGE: tuple[tuple[str, type[PortError]], ...] = (
    ("iam:PassRole", RoleNotReady),
    ("Could not assume role", RoleNotReady),
    ("could not find", _NotFound),
    ("Requested resource not found", _NotFound),
    ("is in status", _HasEnded),
)


def port_error(error: ApiError) -> PortError:
    """Return the error that a port raises for an error of a service."""
    kind: Any = next(
        (kind for text, kind in _BY_MESSAGE if text.lower() in error.message.lower()), None
    )
    if error.code not in ("ValidationException", "AccessDeniedException"):
        kind = None
    return (kind or _BY_CODE.get(error.code, Invalid))(error.code, error.message)
