"""What made and imported compilation jobs have in common."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.errors import ConstructError
from neo_constructs.request.output import grant_read
from neo_constructs.synth.tokens import is_token

_DESCRIBE: Final = ("sagemaker:DescribeCompilationJob", "sagemaker:ListTags")
_STOP: Final = ("sagemaker:StopCompilationJob",)
_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


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
        """Return the bucket and prefix (ending with a slash) of the artifacts, if known."""

    @abstractmethod
    def _artifact_key(self) -> kms.IKey | None:
        """Return the key that encrypts the artifacts, if known."""

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow any actions on this job."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[self.compilation_job_arn]
        )

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
                "the location of this imported job's artifacts is unknown; import it with "
                "CompilationJob.from_compilation_job_attributes(artifact_bucket=..., "
                "artifact_prefix=...)",
            )
        bucket, prefix = place
        return grant_read(bucket, self._artifact_key(), grantee, f"{prefix}*")


class ImportedCompilationJob(CompilationJobBase):
    """A compilation job that this app does not make."""

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


class ImportsCompilationJobs:
    """Imports of jobs that this app does not make."""

    @staticmethod
    def from_compilation_job_name(
        scope: Construct, id: str, compilation_job_name: str
    ) -> CompilationJobBase:
        """Import a job of the stack's account and region; raise ConstructError for an ARN."""
        if not is_token(compilation_job_name) and not _NAME.fullmatch(compilation_job_name):
            raise ConstructError(
                f"{scope.node.path}/{id}",
                f"compilation_job_name is {compilation_job_name!r}; allowed are 1 to 63 letters, "
                "digits and hyphens. An ARN goes to from_compilation_job_arn",
            )
        arn = cdk.Stack.of(scope).format_arn(
            service="sagemaker", resource="compilation-job", resource_name=compilation_job_name
        )
        return ImportedCompilationJob(
            scope, id, compilation_job_name=compilation_job_name, compilation_job_arn=arn
        )

    @staticmethod
    def from_compilation_job_arn(
        scope: Construct, id: str, compilation_job_arn: str
    ) -> CompilationJobBase:
        """Import a job by ARN; raise ConstructError for the ARN of another resource."""
        return ImportsCompilationJobs.from_compilation_job_attributes(
            scope, id, compilation_job_arn=compilation_job_arn
        )

    @staticmethod
    def from_compilation_job_attributes(
        scope: Construct,
        id: str,
        *,
        compilation_job_arn: str,
        artifact_bucket: s3.IBucket | None = None,
        artifact_prefix: str = "",
        artifact_key: kms.IKey | None = None,
    ) -> CompilationJobBase:
        """Import a job with the location of its artifacts, so that reading them can be granted.

        Args:
            scope: The parent construct.
            id: The construct's id.
            compilation_job_arn: The job's ARN.
            artifact_bucket: The bucket of its artifacts.
            artifact_prefix: The folder of its artifacts, ending with a slash.
            artifact_key: What they are encrypted with, if that is not the bucket's own key.

        Raises ConstructError for the ARN of something else.
        """
        if not is_token(compilation_job_arn) and ":compilation-job/" not in compilation_job_arn:
            raise ConstructError(
                f"{scope.node.path}/{id}",
                f"compilation_job_arn is {compilation_job_arn!r}; allowed is an ARN of the form "
                "arn:aws:sagemaker:REGION:ACCOUNT:compilation-job/NAME",
            )
        name = cdk.Fn.select(1, cdk.Fn.split("/", compilation_job_arn))
        return ImportedCompilationJob(
            scope, id, compilation_job_name=name, compilation_job_arn=compilation_job_arn,
            artifact_bucket=artifact_bucket, artifact_prefix=artifact_prefix,
            artifact_key=artifact_key,
        )  # fmt: skip
