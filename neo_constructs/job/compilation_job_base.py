"""The interface of made and imported compilation jobs."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Final, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.request.argument_types import checked
from neo_constructs.request.output import ArtifactLocation
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import is_token

_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_DESCRIBE: Final = ("sagemaker:DescribeCompilationJob", "sagemaker:ListTags")
_STOP: Final = ("sagemaker:StopCompilationJob",)


class CompilationJobBase(cdk.Resource):
    """A SageMaker Neo compilation job: its name, its ARN, and grants on it.

    Where a TypeScript library would say `ICompilationJob`, Python code says CompilationJobBase
    (jsii interfaces cannot be declared in Python).
    """

    @staticmethod
    @checked
    def from_compilation_job_name(
        scope: Construct, id: str, compilation_job_name: str
    ) -> CompilationJobBase:
        """Import a job of the stack's account and region; raise ConstructError for an ARN."""
        return ImportedCompilationJob.of_name(scope, id, compilation_job_name)

    @staticmethod
    @checked
    def from_compilation_job_arn(
        scope: Construct, id: str, compilation_job_arn: str
    ) -> CompilationJobBase:
        """Import a job by ARN; raise ConstructError for the ARN of another resource."""
        return ImportedCompilationJob.of_arn(scope, id, compilation_job_arn)

    @staticmethod
    @checked
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

        Raises ConstructError for the ARN of another resource.

        Args:
            scope: The parent construct.
            id: The construct's id.
            compilation_job_arn: The job's ARN.
            artifact_bucket: The bucket of its artifacts.
            artifact_prefix: The folder of its artifacts, ending with a slash.
            artifact_key: What they are encrypted with, if that is not the bucket's own key.
        """
        location = None
        if artifact_bucket is not None:
            location = ArtifactLocation(artifact_bucket, artifact_prefix, artifact_key)
        return ImportedCompilationJob.of_arn(scope, id, compilation_job_arn, location)

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

    def _arns_for(self, grantee: iam.IGrantable) -> list[str]:
        """Return the ARNs that the policies of a grantee name."""
        del grantee
        return [self.compilation_job_arn]

    def _artifacts_for(self, grantee: iam.IGrantable) -> ArtifactLocation | None:
        """Return the location that the policies of a grantee name."""
        del grantee
        return self.artifacts

    @checked
    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow any actions on this job."""
        taker = self._grantee(grantee)
        return iam.Grant.add_to_principal(
            grantee=taker, actions=list(actions), resource_arns=self._arns_for(taker)
        )

    @checked
    def grant_describe(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading the job's state and tags."""
        return self.grant(grantee, *_DESCRIBE)

    @checked
    def grant_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow stopping the job, and reading its state."""
        return self.grant(grantee, *_DESCRIBE, *_STOP)

    @checked
    def grant_read_artifacts(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading what the job compiled, and decrypting it with its key.

        Raises ConstructError for an imported job whose artifacts' place was not given.
        """
        taker = self._grantee(grantee)
        artifacts = self._artifacts_for(taker)
        if artifacts is None:
            raise ConstructError(
                self.node.path,
                "the location of this imported job's artifacts is unknown; import it with "
                "CompilationJob.from_compilation_job_attributes(artifact_bucket=..., "
                "artifact_prefix=...)",
            )
        return artifacts.grant_read(taker)


@jsii.implements(iam.IGrantable)
class ImportedCompilationJob(CompilationJobBase):
    """A compilation job that this app does not make; its role is unknown."""

    def __init__(
        self, scope: Construct, id: str, name: str, arn: str, artifacts: ArtifactLocation | None
    ) -> None:
        super().__init__(scope, id)
        self._name, self._arn, self._artifacts = name, arn, artifacts

    @staticmethod
    def of_name(scope: Construct, id: str, name: str) -> ImportedCompilationJob:
        """Import a job of the stack's account and region; raise ConstructError for an ARN."""
        if not is_token(name) and not _NAME.fullmatch(name):
            raise ConstructError(
                f"{scope.node.path}/{id}",
                f"compilation_job_name is {name!r}; allowed are 1 to 63 letters, "
                "digits and hyphens. An ARN goes to from_compilation_job_arn",
            )
        arn = cdk.Stack.of(scope).format_arn(
            service="sagemaker", resource="compilation-job", resource_name=name
        )
        return ImportedCompilationJob(scope, id, name, arn, None)

    @staticmethod
    def of_arn(
        scope: Construct, id: str, arn: str, artifacts: ArtifactLocation | None = None
    ) -> ImportedCompilationJob:
        """Import a job by ARN; raise ConstructError for the ARN of another resource."""
        if not is_token(arn) and ":compilation-job/" not in arn:
            raise ConstructError(
                f"{scope.node.path}/{id}",
                f"compilation_job_arn is {arn!r}; allowed is an ARN of the form "
                "arn:aws:sagemaker:REGION:ACCOUNT:compilation-job/NAME",
            )
        name = cdk.Fn.select(1, cdk.Fn.split("/", arn))
        return ImportedCompilationJob(scope, id, name, arn, artifacts)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """A principal that takes no permissions: a warning shows what its role needs."""
        return cast(iam.IPrincipal, iam.UnknownPrincipal(resource=self))

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
