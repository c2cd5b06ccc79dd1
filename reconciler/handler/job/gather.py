"""Gather: the jobs of one declaration, with as few calls as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.core.attempts import attempt_number
from reconciler.core.identity import MAX_ATTEMPT, Identity, JobName
from reconciler.core.observed import ObservedJob, Phase, may_still_be_written
from reconciler.core.ownership import belongs_to
from reconciler.core.ports import Artifacts, Gateway, Unavailable


@dataclass(frozen=True, slots=True)
class JobGatherer:
    """Reads jobs for one operation.

    Attributes:
        began: When the operation began.
        now: The current time.
        bucket_owner: The account that must own the output bucket, if it is known.
        trusting: Whether live jobs that are younger than the operation are taken as its own, so
            that a poll of one costs a single Describe.
    """

    gateway: Gateway
    artifacts: Artifacts
    began: datetime
    now: datetime
    bucket_owner: str | None = None
    trusting: bool = True

    def attempts_until_success(
        self, identity: Identity, *, deep: bool = False
    ) -> list[ObservedJob]:
        """Return the attempts of an identity, oldest first, up to the one that counts.

        Ends at the first that is under way, at the first that is compiled with its artifact in
        S3, or at the last attempt.

        Args:
            identity: Whose attempts.
            deep: Whether to ask List too if none of these is found: the records of the attempts
                before it may have been deleted.
        """
        jobs: list[ObservedJob] = []
        for job in self._described(identity):
            jobs.append(self._completed(job))
            if job.is_under_way or jobs[-1].artifact_present:
                return jobs
        if not deep:
            return jobs
        described = {job.name for job in jobs}
        listed = [job for job in self.gateway.list(str(identity)) if job.name not in described]
        found = [self._completed(self._whole(job)) for job in listed if _is(job.job_name, identity)]
        return sorted([*jobs, *found], key=attempt_number)

    def attempts(self, identity: Identity) -> list[ObservedJob]:
        """Return every attempt of an identity, oldest first, with its tags, by Describe alone."""
        return [self._tagged(job) for job in self._described(identity)]

    def _described(self, identity: Identity) -> Iterator[ObservedJob]:
        """Describe the attempts by their names, past a missing one: its record was deleted."""
        missing = 0
        for number in range(MAX_ATTEMPT + 1):
            job = self.gateway.describe(str(identity.attempt(number)))
            missing = 0 if job is not None else missing + 1
            if job is not None:
                yield job
            elif missing > 1:
                return

    def generations(
        self, identity: Identity, logical_name: str | None, *, finished: bool
    ) -> list[ObservedJob]:
        """Return the jobs of every generation of a logical name, and the identity's own, with tags.

        Args:
            identity: Whose family (owner and slug) is looked through.
            logical_name: None if it is not known; then only the identity's own jobs count.
            finished: Whether jobs that have ended are wanted too.
        """
        return [
            job
            for job in self._family(identity, finished=finished)
            if _is(job.job_name, identity)
            or (logical_name is not None and belongs_to(job, logical_name))
        ]

    def _family(self, identity: Identity, *, finished: bool) -> Iterator[ObservedJob]:
        prefix = identity.family_prefix
        for job in self.gateway.list(prefix):
            under_way = job.is_under_way
            if job.name.startswith(prefix) and (finished or under_way):
                yield self._tagged(job)

    def _whole(self, listed: ObservedJob) -> ObservedJob:
        """Describe a listed job: a summary does not name its artifact."""
        job = self.gateway.describe(listed.name)
        if job is None:
            raise Unavailable("NotReadable", f"{listed.name} is listed, but not described yet")
        return job

    def _completed(self, job: ObservedJob) -> ObservedJob:
        """Return the job with what its status makes worth reading: tags, artifact."""
        if self.trusting and job.is_under_way and job.created >= self.began:
            return job
        job = self._tagged(job)
        if job.phase is Phase.COMPLETED:
            job = replace(job, artifact_present=self._has_artifact(job))
        if job.artifact_present is False and may_still_be_written(job, self.now):
            raise Unavailable("ArtifactNotVisible", f"the artifact of {job.name} is not in S3 yet")
        return job

    def _has_artifact(self, job: ObservedJob) -> bool:
        uri = job.s3_model_artifacts
        return bool(uri) and self.artifacts.head(uri, self.bucket_owner) is not None

    def _tagged(self, job: ObservedJob) -> ObservedJob:
        """Return the job with its tags. That they cannot be read yet does not make it foreign."""
        tags = self.gateway.tags(job.arn)
        if tags is None:
            raise Unavailable("TagsNotReadable", f"the tags of {job.name} are not visible yet")
        return replace(job, tags=tags)


def _is(name: JobName | None, identity: Identity) -> bool:
    return name is not None and name.identity == identity


def merged(listed: Iterable[ObservedJob], attempts: Iterable[ObservedJob]) -> list[ObservedJob]:
    """Return each job once; prefer what ``attempts`` knows, which is more."""
    by_name = {job.name: job for job in listed}
    by_name.update({job.name: job for job in attempts})
    return list(by_name.values())
