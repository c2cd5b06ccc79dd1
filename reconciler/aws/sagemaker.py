"""Compilation jobs by the SageMaker API: implements Gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from botocore.exceptions import ClientError

from reconciler.aws.budget import Budget
from reconciler.aws.errors import is_not_found, lookup, of_client_error, translated
from reconciler.aws.rate import RateLimit
from reconciler.core.canonical import Json
from reconciler.core.observed import JobStatus, ObservedJob, Phase
from reconciler.core.ports import Invalid, Unavailable

# ListCompilationJobs: at most 100 a page; its siblings answer 2 requests a second per account,
# which AWS does not raise.
PAGE_SIZE: Final = 100
LISTS_PER_SECOND: Final = 2.0
MAX_PAGES: Final = 10_000
_PLATFORM: Final = ("Os", "Arch", "Accelerator")


class SageMakerGateway:
    """Compilation jobs of one account and region, through a botocore client."""

    def __init__(
        self,
        client: Any,
        budget: Budget,
        rate: RateLimit | None = None,
        creator: Callable[[], Any] | None = None,
    ) -> None:
        """Use these clients.

        Args:
            client: For every call.
            budget: The time that is left.
            rate: For ListCompilationJobs; by default what the service allows.
            creator: Makes the client for CreateCompilationJob, if it is another one. A caller
                that paces creates needs one without retries: their pauses waste the rate.
        """
        self._client = client
        self._creator = cache(creator or (lambda: client))
        self._budget = budget
        self._rate = rate or RateLimit(LISTS_PER_SECOND)

    def create(self, request: Mapping[str, Json]) -> str:
        """Call CreateCompilationJob."""
        with translated(self._budget):
            return str(self._creator().create_compilation_job(**request)["CompilationJobArn"])

    def describe(self, name: str) -> ObservedJob | None:
        """Call DescribeCompilationJob."""
        describe = self._client.describe_compilation_job
        answer = lookup(self._budget, is_not_found, describe, CompilationJobName=name)
        return None if answer is None else of_describe(answer)

    def list(self, name_contains: str) -> Iterator[ObservedJob]:
        """List every page. An empty page with a token is not the last one."""
        seen: set[str] = set()
        tokens: set[str] = set()
        request: dict[str, object] = {
            **({"NameContains": name_contains} if name_contains else {}),
            "MaxResults": PAGE_SIZE,
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
        }
        for _ in range(MAX_PAGES):
            with translated(self._budget):
                self._rate.wait()
                answer = self._client.list_compilation_jobs(**request)
            for summary in answer.get("CompilationJobSummaries", []):
                if summary["CompilationJobName"] not in seen:
                    seen.add(summary["CompilationJobName"])
                    yield of_summary(summary)
            token = answer.get("NextToken")
            if not token:
                return
            if token in tokens:
                raise Unavailable("RepeatedToken", "ListCompilationJobs gave the same page twice")
            tokens.add(token)
            request["NextToken"] = token
        raise Unavailable("TooManyPages", f"ListCompilationJobs gave more than {MAX_PAGES} pages")

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return the tags, of every page."""
        tags: dict[str, str] = {}
        request: dict[str, object] = {"ResourceArn": arn}
        while True:
            answer = lookup(self._budget, is_not_found, self._client.list_tags, **request)
            if answer is None:
                return None
            tags.update({tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])})
            token = answer.get("NextToken")
            if not token or token == request.get("NextToken"):
                return tags
            request["NextToken"] = token

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Call AddTags."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        with translated(self._budget), _tags_lag(arn):
            self._client.add_tags(ResourceArn=arn, Tags=pairs)

    def remove_tags(self, arn: str, keys: tuple[str, ...]) -> None:
        """Call DeleteTags."""
        with translated(self._budget), _tags_lag(arn):
            self._client.delete_tags(ResourceArn=arn, TagKeys=list(keys))

    def stop(self, name: str) -> None:
        """Call StopCompilationJob.

        How it refuses an ended job is not documented, so after a refusal the job's status decides
        whether there was anything to stop; a job that still looks live may have been read too
        early.
        """
        with translated(self._budget):
            try:
                self._client.stop_compilation_job(CompilationJobName=name)
            except ClientError as error:
                if is_not_found(error):
                    return
                self._judge_refusal(error, name, {Phase.LIVE})

    def delete(self, name: str) -> None:
        """Call DeleteCompilationJob."""
        with translated(self._budget):
            try:
                self._client.delete_compilation_job(CompilationJobName=name)
            except ClientError as error:
                if is_not_found(error):
                    return
                self._judge_refusal(error, name, {Phase.LIVE, Phase.STOPPING})
                raise

    def _judge_refusal(self, error: ClientError, name: str, unready: set[Phase]) -> None:
        """Raise what a refusal means; return if it only says that the job has ended."""
        if not isinstance(of_client_error(error), Invalid):
            raise error
        job = self.describe(name)
        if job is not None and job.phase in unready:
            raise Unavailable("Refused", f"{of_client_error(error)} It is {job.status}.") from error


@contextmanager
def _tags_lag(arn: str) -> Iterator[None]:
    """Raise Unavailable for a job that has no tags to change, or none yet."""
    try:
        yield
    except ClientError as error:
        if is_not_found(error):
            raise Unavailable("TagsNotReadable", f"{arn} is not known to the tags yet") from error
        raise


def of_describe(answer: Mapping[str, Any]) -> ObservedJob:
    """Return a job as DescribeCompilationJob tells it."""
    return ObservedJob(
        name=answer["CompilationJobName"],
        arn=answer["CompilationJobArn"],
        status=_status(answer["CompilationJobStatus"]),
        created=_utc(answer["CreationTime"]),
        failure_reason=answer.get("FailureReason") or "",
        s3_model_artifacts=(answer.get("ModelArtifacts") or {}).get("S3ModelArtifacts") or "",
        artifact_digest=(answer.get("ModelDigests") or {}).get("ArtifactDigest") or "",
        inference_image=answer.get("InferenceImage") or "",
        described=answer,
        changed=_changed(answer),
        started=_moment(answer, "CompilationStartTime"),
        ended=_moment(answer, "CompilationEndTime"),
        target=_target(answer.get("OutputConfig") or {}, ""),
    )


def of_summary(summary: Mapping[str, Any]) -> ObservedJob:
    """Return a job as ListCompilationJobs summarises it."""
    return ObservedJob(
        name=summary["CompilationJobName"],
        arn=summary["CompilationJobArn"],
        status=_status(summary["CompilationJobStatus"]),
        created=_utc(summary["CreationTime"]),
        changed=_changed(summary),
        started=_moment(summary, "CompilationStartTime"),
        ended=_moment(summary, "CompilationEndTime"),
        target=_target(summary, "Compilation"),
    )


def _changed(job: Mapping[str, Any]) -> datetime | None:
    return _moment(job, "CompilationEndTime") or _moment(job, "LastModifiedTime")


def _moment(job: Mapping[str, Any], name: str) -> datetime | None:
    moment = job.get(name)
    return None if moment is None else _utc(moment)


def _target(answer: Mapping[str, Any], prefix: str) -> str:
    """Return the target of Describe's OutputConfig, or of a summary, whose keys have a prefix."""
    platform = answer.get("TargetPlatform") or {
        part: answer.get(f"{prefix}TargetPlatform{part}") for part in _PLATFORM
    }
    parts = [str(platform[part]) for part in _PLATFORM if platform.get(part)]
    return str(answer.get(f"{prefix}TargetDevice") or "_".join(parts))


def _status(text: str) -> JobStatus:
    try:
        return JobStatus(text)
    except ValueError:
        raise Unavailable(
            "UnknownStatus", f"CompilationJobStatus {text!r} is not known to this version"
        ) from None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
