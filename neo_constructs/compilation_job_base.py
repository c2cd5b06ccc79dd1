"""What every compilation job can do, whether made here or imported."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.errors import ConstructError
from neo_constructs.output import grant_read

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

    @abstractmethod
    def _artifact_place(self) -> tuple[s3.IBucket, str] | None:
        """Bucket and prefix (ending with a slash) of the job's artifacts, if known."""

    @abstractmethod
    def _artifact_key(self) -> kms.IKey | None:
        """The key that the artifacts are encrypted with, if it is known."""

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow any actions on this job."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[self.compilation_job_arn],
            scope=self,
        )  # fmt: skip

    def grant_describe(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading the job's state and tags."""
        return self.grant(grantee, *_DESCRIBE)

    def grant_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow stopping the job; whoever stops it sees it stop."""
        return self.grant(grantee, *_DESCRIBE, *_STOP)

    def grant_read_artifacts(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading what the job compiled, and decrypting it with its key.

        Raises ConstructError for an imported job whose artifacts' place was not given.
        """
        place = self._artifact_place()
        if place is None:
            raise ConstructError(
                self.node.path,
                "where this imported job's artifacts are is not known; import it with "
                "CompilationJob.from_compilation_job_attributes(artifact_bucket=..., "
                "artifact_prefix=...)",
            )
        bucket, prefix = place
        return grant_read(bucket, self._artifact_key(), grantee, f"{prefix}*")


class ImportedCompilationJob(CompilationJobBase):
    """A compilation job that something else made."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        compilation_job_name: str,
        compilation_job_arn: str,
        artifact_bucket: s3.IBucket | None = None,
        artifact_prefix: str = "",
        artifact_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._name = compilation_job_name
        self._arn = compilation_job_arn
        self._bucket = artifact_bucket
        self._prefix = artifact_prefix
        self._key = artifact_key

    @property
    def compilation_job_name(self) -> str:
        """The job's name."""
        return self._name

    @property
    def compilation_job_arn(self) -> str:
        """The job's ARN."""
        return self._arn

    def _artifact_place(self) -> tuple[s3.IBucket, str] | None:
        return None if self._bucket is None else (self._bucket, self._prefix)

    def _artifact_key(self) -> kms.IKey | None:
        return self._key
