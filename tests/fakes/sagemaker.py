"""An in-memory SageMaker for compilation jobs: honest about time, lag, and what is unverified.

It speaks the API's own language (wire dicts in and out, errors by code), so that both the fake
gateway and a boto3-like client can stand on it. Time is whatever the clock says; nothing here
sleeps or uses chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final

from tests.contract.privilege.recording import record, record_create, record_job
from tests.fakes.sagemaker_behaviour import ApiError, Behaviour, Called
from tests.fakes.sagemaker_job import LIVE, TERMINAL, Job, Script, Wire, summary, time_of

__all__ = [
    "LIVE",
    "TERMINAL",
    "ApiError",
    "Behaviour",
    "Called",
    "FakeSageMaker",
    "Job",
    "Script",
    "Wire",
]
REGION: Final = "us-east-1"
ACCOUNT: Final = "111122223333"


@dataclass(slots=True)
class FakeSageMaker:
    """The compilation-job API of one account and region.

    Attributes:
        clock: Seconds since 1970.
        script_of: Decides how a job that is being created will go.
        role_usable_at: When each role can be assumed (IAM's lag); roles not named always can.
        describe_lag, list_lag: Called for every read; the read sees the state of so many seconds
            ago.
        contents: The bytes of artifacts by URI, where a test needs them.
        tags_lag: The calls about tags do not know a job that is younger than so many seconds.
    """

    clock: Callable[[], float]
    behaviour: Behaviour = field(default_factory=Behaviour)
    script_of: Callable[[Wire], Script] = lambda request: Script()
    role_usable_at: dict[str, float] = field(default_factory=dict)
    describe_lag: Callable[[], float] = lambda: 0.0
    list_lag: Callable[[], float] = lambda: 0.0
    contents: dict[str, bytes] = field(default_factory=dict)
    tags_lag: Callable[[], float] = lambda: 0.0
    jobs: list[Job] = field(default_factory=list)
    calls: list[Called] = field(default_factory=list)

    # --- the API ------------------------------------------------------------------------------

    def create_compilation_job(self, request: Wire) -> Wire:
        """Accept a job, or say why not: role, quota, name."""
        name = request["CompilationJobName"]
        record_create(name, tagged="Tags" in request)
        try:
            self._check_create(name, request["RoleArn"])
        except ApiError as error:
            self._note("Create", name, error.code)
            raise
        job = self.add_job(request)
        self._note("Create", name, "ok", "STARTING")
        return {"CompilationJobArn": job.arn}

    def describe_compilation_job(self, name: str) -> Wire:
        """Return the record as a replica, `describe_lag` behind, sees it; without its tags."""
        record_job("DescribeCompilationJob", name)
        when = self.clock() - self.describe_lag()
        job = self._seen(name, when)
        if job is None:
            self._note("Describe", name, self.behaviour.not_found)
            raise self._not_found(name)
        status = job.status(when)
        self._note("Describe", name, "ok", status)
        wire = {
            **{key: value for key, value in job.request.items() if key != "Tags"},
            "CompilationJobArn": job.arn,
            "CompilationJobStatus": status,
            "CreationTime": time_of(job.created),
            "LastModifiedTime": time_of(job.since(when)),
            **job.times(when),
            "FailureReason": self._reason(job, status),
            "ModelArtifacts": {"S3ModelArtifacts": job.artifact},
        }
        if status == "COMPLETED":
            wire["ModelDigests"] = {"ArtifactDigest": self._digest(job)}
        return wire

    def list_compilation_jobs(
        self,
        *,
        name_contains: str = "",
        newest_first: bool = False,
        max_results: int = 10,
        next_token: str = "",
    ) -> Wire:
        """One page of summaries, by time of creation, as a replica `list_lag` behind sees them."""
        record("sagemaker:ListCompilationJobs", "any job")
        when = self.clock() - self.list_lag()
        seen = [
            job
            for job in self.jobs
            if job.created <= when
            and (job.deleted is None or job.deleted > when)
            and name_contains in job.name
        ]
        if newest_first:
            seen.reverse()
        self._note("List", name_contains, "ok")
        if self.behaviour.empty_pages and not next_token:
            return {"CompilationJobSummaries": [], "NextToken": "0"}
        start = int(next_token or 0)
        end = start + min(max_results, self.behaviour.page_size)
        page = {"CompilationJobSummaries": [summary(job, when) for job in seen[start:end]]}
        return page | ({"NextToken": str(end)} if end < len(seen) else {})

    def stop_compilation_job(self, name: str) -> Wire:
        """Begin to stop a job; on one that has ended, what the behaviour says."""
        record_job("StopCompilationJob", name)
        job, status = self._current(name, "Stop")
        if status in TERMINAL and self.behaviour.stop_on_terminal == "refused":
            self._note("Stop", name, "ValidationException", status)
            raise ApiError(
                "ValidationException",
                "The request was rejected because the compilation job is in status "
                f"{status.capitalize()}.",
            )
        if status in ("STARTING", "INPROGRESS"):
            job.stop(self.clock())
        self._note("Stop", name, "ok", status)
        return {}

    def delete_compilation_job(self, name: str) -> Wire:
        """Remove the record of a job that has ended."""
        record_job("DeleteCompilationJob", name)
        job, status = self._current(name, "Delete")
        if status in LIVE:
            self._note("Delete", name, "ValidationException", status)
            raise ApiError(
                "ValidationException", f"Compilation job {name} is in status {status.capitalize()}."
            )
        job.deleted = self.clock()
        self._note("Delete", name, "ok", status)
        return {}

    def list_tags(self, arn: str) -> Wire:
        """Return the tags of a job, by its ARN; lags as Describe does, or more."""
        record_job("ListTags", arn.rsplit("/", 1)[-1])
        lag = max(self.describe_lag(), self.tags_lag())
        job = self._seen(arn.rsplit("/", 1)[-1], self.clock() - lag)
        self._note("ListTags", arn.rsplit("/", 1)[-1], "ok" if job else self.behaviour.not_found)
        if job is None:
            raise self._not_found(arn)
        return {"Tags": [{"Key": key, "Value": value} for key, value in job.tags.items()]}

    def add_tags(self, arn: str, tags: Mapping[str, str]) -> Wire:
        """Set tags of a job."""
        record_job("AddTags", arn.rsplit("/", 1)[-1])
        job, status = self._taggable(arn.rsplit("/", 1)[-1], "AddTags")
        job.tags.update(tags)
        self._note("AddTags", job.name, "ok", status)
        return {}

    def delete_tags(self, arn: str, keys: list[str]) -> Wire:
        """Remove tags of a job."""
        record_job("DeleteTags", arn.rsplit("/", 1)[-1])
        job, status = self._taggable(arn.rsplit("/", 1)[-1], "DeleteTags")
        for key in keys:
            job.tags.pop(key, None)
        self._note("DeleteTags", job.name, "ok", status)
        return {}

    def artifact_exists(self, uri: str) -> bool:
        """Return what HeadObject says of an artifact: there soon after the job completed."""
        now = self.clock()
        return any(
            job.artifact == uri
            and job.status(now - job.script.artifact_after) == "COMPLETED"
            and not job.script.artifact_missing
            and not job.artifact_removed
            for job in self.jobs
        )

    def artifact_written(self, uri: str) -> datetime | None:
        """Return when an artifact was written last: shortly before its job ended, or since."""
        times = [
            job.artifact_overwritten or job.since(self.clock()) - 1
            for job in self.jobs
            if job.artifact == uri and job.status(self.clock()) == "COMPLETED"
        ]
        return time_of(max(times)) if times else None

    # --- for tests: what happens behind the API's back, and what is true ------------------------

    def add_job(self, request: Wire, *, script: Script | None = None, foreign: bool = False) -> Job:
        """Return a job that is there, whoever made it."""
        script = script if script is not None else self.script_of(request)
        now, name = self.clock(), request["CompilationJobName"]
        started = now + script.starting
        job = Job(
            name,
            f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:compilation-job/{name}",
            request,
            {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])},
            script,
            [(now, "STARTING"), (started, "INPROGRESS"), self._end(request, script, started)],
            foreign=foreign,
        )
        self.jobs.append(job)
        return job

    def job(self, name: str) -> Job | None:
        """Return the record of this name as it truly is now."""
        return self._seen(name, self.clock())

    def live(self) -> list[Job]:
        """Return the jobs that cost something now and were not told to stop."""
        now = self.clock()
        return [job for job in self.jobs if job.status(now) in ("STARTING", "INPROGRESS")]

    def accepted(self, operation: str = "Create") -> list[str]:
        """Return the names that calls of this operation were accepted for, in order."""
        return [
            call.name for call in self.calls if call.operation == operation and call.outcome == "ok"
        ]

    # --- inside -------------------------------------------------------------------------------

    def _check_create(self, name: str, role: str) -> None:
        wait = self.role_usable_at.get(role, 0.0) - self.clock()
        if 0 < wait < 10:  # IAM is half-way: the role is known, the caller's permission is not
            raise ApiError(
                "AccessDeniedException",
                "User: arn:aws:sts::111122223333:assumed-role/handler/handler is not authorized "
                f"to perform: iam:PassRole on resource: {role}",
            )
        if wait > 0:
            raise ApiError(
                "ValidationException",
                f"Could not assume role {role}. Please ensure that the role exists and allows "
                "principal 'sagemaker.amazonaws.com' to assume the role.",
            )
        quota = self.behaviour.quota
        live = sum(job.status(self.clock()) in LIVE for job in self.jobs)
        if quota is not None and live >= quota:
            raise ApiError(
                "ResourceLimitExceeded",
                f"The account-level service limit 'Number of compilation jobs' is {quota}.",
            )
        taken = any(
            job.name == name and (job.deleted is None or not self.behaviour.names_reusable)
            for job in self.jobs
        )
        if taken:
            raise ApiError(
                "ResourceInUse",
                f"Compilation job with name {name} already exists. Choose a different name.",
            )

    def _end(self, request: Wire, script: Script, started: float) -> tuple[float, str]:
        limit = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400)
        if script.running > float(limit):
            return started + float(limit), "FAILED"
        return started + script.running, script.outcome

    def _reason(self, job: Job, status: str) -> str:
        if status != "FAILED":
            return ""
        limit = job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400)
        timed_out = "ClientError: TimeOut: the job ran longer than MaxRuntimeInSeconds."
        return timed_out if job.script.running > float(limit) else job.script.reason

    def _digest(self, job: Job) -> str:
        content = self.contents.get(job.artifact)
        return f"blake2-of-{job.name}" if content is None else blake2b(content).hexdigest()

    def _seen(self, name: str, when: float) -> Job | None:
        for job in reversed(self.jobs):
            exists = job.created <= when and (job.deleted is None or job.deleted > when)
            if job.name == name and exists:
                return job
        return None

    def _taggable(self, name: str, operation: str) -> tuple[Job, str]:
        job, status = self._current(name, operation)
        if job.created > self.clock() - self.tags_lag():
            self._note(operation, name, self.behaviour.not_found)
            raise self._not_found(name)
        return job, status

    def _current(self, name: str, operation: str) -> tuple[Job, str]:
        job = self._seen(name, self.clock())
        if job is None:
            self._note(operation, name, self.behaviour.not_found)
            raise self._not_found(name)
        return job, job.status(self.clock())

    def _not_found(self, name: str) -> ApiError:
        return ApiError(
            self.behaviour.not_found,
            f"Could not find compilation job '{name}'."
            if self.behaviour.not_found == "ResourceNotFound"
            else "Requested resource not found.",
        )

    def _note(self, operation: str, name: str, outcome: str, status: str = "") -> None:
        self.calls.append(Called(self.clock(), operation, name, outcome, status))
