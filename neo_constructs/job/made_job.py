"""What a job of this app has beside its attributes: artifacts, grants, values for other stacks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.job.other_stacks import OtherStacks
from neo_constructs.metrics.job import job_dimensions
from neo_constructs.provider.compilation_provider import NeoCompilationProvider
from neo_constructs.request.argument_types import checked
from neo_constructs.request.output import ArtifactLocation, JobOutput
from neo_constructs.synth.errors import ConstructError


class MadeJob:
    """Members of a CompilationJob that jsii need not know."""

    provider: NeoCompilationProvider
    role: iam.IRole
    waits: bool
    _path: str
    _logical_name: str
    _output: JobOutput

    if TYPE_CHECKING:

        @property
        def compilation_job_arn(self) -> str: ...
        @property
        def compilation_job_artifacts_uri(self) -> str: ...
        @property
        def compilation_job_identity(self) -> str: ...

    @cached_property
    def _other_stacks(self) -> OtherStacks:
        job = cast(Construct, self)
        return OtherStacks(job, self._path, self.provider.stack, self._logical_name)

    @property
    def artifacts(self) -> ArtifactLocation:
        """The location of the job's artifacts."""
        return self._artifacts_of(self.compilation_job_identity)

    def add_to_role_policy(self, statement: iam.PolicyStatement) -> None:
        """Add a statement to the job's role."""
        self.role.add_to_principal_policy(statement)

    @checked
    def artifacts_uri_for(self, scope: Construct, *, parameter_name: str | None = None) -> str:
        """Return the artifact's URI for use in any stack of the job's account and region.

        Another stack reads it from an SSM parameter of this job's stack, and is deployed after it.
        The attribute itself would become an export, which CloudFormation refuses to change while
        a stack imports it, and it changes with each compilation.

        Args:
            scope: A construct of the stack that uses the URI.
            parameter_name: The parameter's name, for readers outside the app. Default: one made
                of the names of stack and job, without a parameter for the job's own stack.

        Raises:
            ConstructError: The stack is in another account or region, the deployment does not wait
                for the artifact, or the parameter has another name.
        """
        if not self.waits:
            message = "with wait=False no artifact is there when its URI is written; leave it out"
            raise ConstructError(self._path, message)
        uri = self.compilation_job_artifacts_uri
        return self._other_stacks.value_for(scope, uri, parameter_name)

    def _arns_for(self, grantee: iam.IGrantable) -> list[str]:
        is_elsewhere = self._other_stacks.have(grantee)
        return self._other_stacks.job_arns() if is_elsewhere else [self.compilation_job_arn]

    def _artifacts_for(self, grantee: iam.IGrantable) -> ArtifactLocation:
        is_elsewhere = self._other_stacks.have(grantee)
        return (
            self._artifacts_of(self._other_stacks.identities()) if is_elsewhere else self.artifacts
        )

    def _artifacts_of(self, identity: str) -> ArtifactLocation:
        own_folder = "" if self._output.is_exact else f"{identity}/"
        return self._output.artifacts(f"{self._output.prefix}{own_folder}")

    def _grantee(self, grantee: iam.IGrantable) -> iam.IGrantable:
        return self.provider.grantee_after_jobs(grantee, self.role)

    def _metric_dimensions(self) -> dict[str, str]:
        return job_dimensions(self.provider.stack.stack_name, self._logical_name)
