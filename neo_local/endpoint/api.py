"""The operations: a validated request in, the answer's members out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from neo_local.access.roles import Roles, cannot_assume
from neo_local.endpoint import listing
from neo_local.endpoint.errors import ServiceError, validation
from neo_local.endpoint.place import Place
from neo_local.endpoint.refusals import check_create
from neo_local.faults import Faults
from neo_local.jobs.job import Job, Status
from neo_local.jobs.store import JobStore

Request = Mapping[str, Any]
Answer = dict[str, Any]


class JobQueue(Protocol):
    """Runs new jobs, stops those that are to be stopped, and forgets deleted ones."""

    def submit(self, arn: str) -> None: ...
    def stop(self, arn: str) -> None: ...
    def forget(self, arn: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CompilationApi:
    """SageMaker's operations on the compilation jobs of one place.

    Each raises ServiceError for a refusal.
    """

    store: JobStore
    queue: JobQueue
    faults: Faults
    clock: Callable[[], float]
    place: Place
    roles: Roles

    def operations(self) -> Mapping[str, Callable[[Request], Answer]]:
        """Return the operations by name."""
        return {
            "CreateCompilationJob": self.create,
            "DescribeCompilationJob": self.describe,
            "ListCompilationJobs": self.list,
            "StopCompilationJob": self.stop,
            "DeleteCompilationJob": self.delete,
        }

    def create(self, request: Request) -> Answer:
        check_create(request)
        name, now = request["CompilationJobName"], self.clock()
        self._check_role(name, request["RoleArn"], now)
        job = Job(
            name=name,
            arn=self._arn(name),
            request={k: v for k, v in request.items() if k not in ("CompilationJobName", "Tags")},
            created=now,
            modified=now,
            tags={tag["Key"]: tag["Value"] for tag in request.get("Tags", ())},
        )
        with self.store.locked():
            self._check_name(name)
            self._check_quota()
            self.store.put(job)
        self.queue.submit(job.arn)
        return {"CompilationJobArn": job.arn}

    def _check_role(self, name: str, role: str, now: float) -> None:
        switches = self.faults.switches
        lagging = not self.faults.role_is_assumable(role, now)
        if lagging and switches.iam_lag_shape == "create":
            raise validation(cannot_assume(role))
        refusal = self.roles.refusal(role, self._arn(name)) if switches.access_checks else ""
        if refusal:
            raise validation(refusal)

    def _check_name(self, name: str) -> None:
        if self.store.get(self._arn(name)) is not None:
            raise ServiceError(
                "ResourceInUse",
                f"Compilation job with name {name} already exists. Choose a different name.",
            )
        if self.faults.switches.name_reuse == "refused" and self.store.was_used(self._arn(name)):
            raise ServiceError(
                "ResourceInUse",
                f"Compilation job with name {name} was deleted and its name cannot be used again.",
            )

    def _check_quota(self) -> None:
        limit = self.faults.switches.max_concurrent_jobs
        live = sum(not job.status.terminal for job in self._of_this_place(self.store.all()))
        if live >= limit:
            raise ServiceError(
                "ResourceLimitExceeded",
                f"The account-level service limit 'Number of concurrent compilation jobs' is "
                f"{limit} jobs, with current utilization of {live} jobs and a request delta of "
                "1 jobs. Please contact AWS support to request an increase for this limit.",
            )

    def describe(self, request: Request) -> Answer:
        job = self._job(request["CompilationJobName"])
        fields: Answer = {
            "CompilationJobName": job.name,
            "CompilationJobArn": job.arn,
            "CompilationJobStatus": job.status.value,
            "CompilationStartTime": job.started,
            "CompilationEndTime": job.ended,
            "CreationTime": job.created,
            "LastModifiedTime": job.modified,
            "FailureReason": job.failure_reason,
            "ModelArtifacts": {"S3ModelArtifacts": job.artifact},
            "ModelDigests": {"ArtifactDigest": job.digest} if job.digest else None,
            "InferenceImage": job.inference_image or None,
            "DerivedInformation": {"DerivedDataInputConfig": job.derived_inputs}
            if job.derived_inputs
            else None,
        }
        return {**job.request, **{k: v for k, v in fields.items() if v is not None}}

    def list(self, request: Request) -> Answer:
        switches = self.faults.switches
        jobs = self._of_this_place(self.store.as_of(switches.stale_list_seconds))
        return listing.list_jobs(jobs, request, switches)

    def stop(self, request: Request) -> Answer:
        job = self._job(request["CompilationJobName"])
        status = job.status
        if status.terminal and self.faults.switches.stop_on_terminal == "ValidationException":
            raise validation(
                "The request was rejected because the compilation job is in status "
                f"{status.value.title()}."
            )
        self.store.update(job.arn, _stopping)
        self.queue.stop(job.arn)
        return {}

    def delete(self, request: Request) -> Answer:
        name = request["CompilationJobName"]
        with self.store.locked():
            job = self._job(name)
            if not job.status.terminal:
                raise validation(
                    f"The compilation job {name} is in status {job.status.value}. It can be "
                    "deleted only in status COMPLETED, FAILED or STOPPED; stop it first."
                )
            self.store.delete(job.arn)
        self.queue.forget(job.arn)
        return {}

    def _job(self, name: str) -> Job:
        job = self.store.get(self._arn(name))
        if job is None:
            raise ServiceError(
                self.faults.switches.not_found, f"Could not find compilation job '{name}'."
            )
        return job

    def _arn(self, name: str) -> str:
        return self.place.arn("compilation-job", name)

    def _of_this_place(self, jobs: Iterable[Job]) -> Iterator[Job]:
        return (job for job in jobs if self.place.holds(job.arn))


def _stopping(job: Job) -> Job:
    return job if job.status.terminal else dataclasses.replace(job, status=Status.STOPPING)
