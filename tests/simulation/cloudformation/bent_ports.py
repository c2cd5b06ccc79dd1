"""Ports that show or do something else than they should, for the mutants of the handler."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from reconciler.core.artifact_verdict import ArtifactVerdict
from reconciler.core.canonical import Json as JsonValue
from reconciler.core.declaration import Declaration
from reconciler.core.identity import JobName
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.core.ports import Invalid, ObjectHead, StackResourceView, StackView, Transient
from tests.fakes.gateway import FakeArtifacts, FakeGateway, FakeStacks


class NoFence(FakeStacks):
    """Takes the stack to be in its first creation, always."""

    def stack(self, stack_id: str) -> StackView | None:
        return StackView("CREATE_IN_PROGRESS", None)


class HoldsNothing(FakeStacks):
    """Does not see what the resources of the stack hold."""

    def resources(self, stack_id: str) -> Mapping[str, StackResourceView]:
        return {
            name: dataclasses.replace(each, physical_id="")
            for name, each in super().resources(stack_id).items()
        }


class Misread(FakeGateway):
    """Takes one status for another."""

    seen: JobStatus = JobStatus.STOPPED
    taken_for: JobStatus = JobStatus.COMPLETED

    def describe(self, name: str) -> ObservedJob | None:
        job = super().describe(name)
        if job is not None and job.status is self.seen:
            return dataclasses.replace(job, status=self.taken_for)
        return job


class StoppedIsSuccess(Misread):
    pass


class FailedIsSuccess(Misread):
    seen = JobStatus.FAILED


class RunningIsSuccess(Misread):
    seen = JobStatus.INPROGRESS


class EverythingIsOurs(FakeGateway):
    """Believes names instead of tags."""

    def tags(self, arn: str) -> dict[str, str] | None:
        tags = super().tags(arn)
        name = JobName.parse(arn.rsplit("/", 1)[-1])
        if tags is None or name is None:
            return tags
        return {
            "neo:logical-name": "App/Model",
            **tags,
            "neo:managed-by": "neo-as-code",
            "neo:owner": name.identity.owner.name,
            "neo:id": name.identity.id,
            "neo:attempt": str(name.attempt),
        }


class ArtifactsNotLookedFor(FakeArtifacts):
    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        return ObjectHead()


class SeesNoArtifacts(FakeArtifacts):
    """Finds no artifact, ever: compiles what is compiled."""

    def head(
        self, s3_uri: str, bucket_owner: str | None, *, checksum: bool = False
    ) -> ObjectHead | None:
        return None


class EverythingIsFinal(FakeGateway):
    """Takes what passes for what is final."""

    def create(self, request: Mapping[str, JsonValue]) -> str:
        try:
            return super().create(request)
        except Transient as error:
            raise Invalid(error.code, error.message) from error


class ListsNothing(FakeGateway):
    """Never looks at its prefix."""

    def list(self, name_contains: str) -> Any:
        return iter(())


class EverythingIsCompiled:
    """Reads no artifact, and finds nothing wrong."""

    def verify(
        self, declaration: Declaration, job: ObservedJob, bucket_owner: str | None
    ) -> ArtifactVerdict:
        return ArtifactVerdict()


# --- what it does -----------------------------------------------------------------------------


class StopsNothing(FakeGateway):
    def stop(self, name: str) -> None:
        return


class Untagged(FakeGateway):
    """Creates jobs without the tags that make them its own."""

    def create(self, request: Mapping[str, JsonValue]) -> str:
        return super().create({key: value for key, value in request.items() if key != "Tags"})


class DeletesInsteadOfStopping(FakeGateway):
    """Deletes the record of the finished old job as soon as there is a new one."""

    def create(self, request: Mapping[str, JsonValue]) -> str:
        for job in list(self.list(str(request["CompilationJobName"]).split("-")[0])):
            if job.status is JobStatus.COMPLETED:
                self.delete(job.name)
        return super().create(request)
