"""The interface of made and imported compilation jobs."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.errors import ConstructError
from neo_constructs.request.output import ArtifactLocation

_DESCRIBE: Final = ("sagemaker:DescribeCompilationJob", "sagemaker:ListTags")
_STOP: Final = ("sagemaker:StopCompilationJob",)


class CompilationJobBase(cdk.Resource):
    """A SageMaker Neo compilation job: its name, its ARN, and grants on it.

    Where a TypeScript library would say `ICompilationJob`, Python code says CompilationJobBase
    (jsii interfaces cannot be declared in Python).
    """

    @property
    @abstractmethod
    def compilation_job_name(self) -> str:
        """The job's name."""

    @property
    @abstractmethod
    def compilation_job_arn(self) -> str:
        """The job's ARN."""

    @property
    @abstractmethod
    def artifacts(self) -> ArtifactLocation | None:
        """The location of the job's artifacts, if known."""

    def _grantee(self, grantee: iam.IGrantable) -> iam.IGrantable:
        """Return what takes permissions that name this job: the grantee, or a policy of its own."""
        return grantee

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow any actions on this job."""
        return iam.Grant.add_to_principal(
            grantee=self._grantee(grantee),
            actions=list(actions),
            resource_arns=[self.compilation_job_arn],
        )

    def grant_describe(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading the job's state and tags."""
        return self.grant(grantee, *_DESCRIBE)

    def grant_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow stopping the job, and reading its state."""
        return self.grant(grantee, *_DESCRIBE, *_STOP)

    def grant_read_artifacts(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading what the job compiled, and decrypting it with its key.

        Raises ConstructError for an imported job whose artifacts' place was not given.
        """
        artifacts = self.artifacts
        if artifacts is None:
            raise ConstructError(
                self.node.path,
                "the location of this imported job's artifacts is unknown; import it with "
                "CompilationJob.from_compilation_job_attributes(artifact_bucket=..., "
                "artifact_prefix=...)",
            )
        return artifacts.grant_read(self._grantee(grantee))


class ImportedCompilationJob(CompilationJobBase):
    """A compilation job that this app does not make."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        arn: str,
        artifacts: ArtifactLocation | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._name, self._arn, self._artifacts = name, arn, artifacts

    @property
    def compilation_job_name(self) -> str:
        """The job's name."""
        return self._name

    @property
    def compilation_job_arn(self) -> str:
        """The job's ARN."""
        return self._arn

    @property
    def artifacts(self) -> ArtifactLocation | None:
        """The location of the job's artifacts, if known."""
        return self._artifacts
