"""CompilationJob: one SageMaker Neo compilation job as a CloudFormation resource."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any, Unpack

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.cross_account.checks import check_owners
from neo_constructs.job.attributes import JobAttributes
from neo_constructs.job.compilation_job_base import CompilationJobBase, ImportedCompilationJob
from neo_constructs.job.other_stacks import OtherStacks
from neo_constructs.job.permissions import grant_permissions, passed_role_arn
from neo_constructs.metrics.job import JobMetrics, job_dimensions
from neo_constructs.network.job_network import job_network
from neo_constructs.provider.compilation_provider import NeoCompilationProvider
from neo_constructs.request import job_properties, rule_checks
from neo_constructs.request.argument_types import check_arguments, checked
from neo_constructs.request.deadline import check_deadline
from neo_constructs.request.defaults import DEFAULTS
from neo_constructs.request.job_arguments import (
    JobArguments,
    ModelArguments,
    RunArguments,
    SourceArguments,
)
from neo_constructs.request.job_request import job_request
from neo_constructs.request.output import ArtifactLocation, job_output
from neo_constructs.request.tag_check import check_tags
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.unpacked_signature import signed, unpacked
from neo_constructs.vocabulary.model_artifact import ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core import contract


@signed
@jsii.implements(cdk.ITaggableV2, ec2.IConnectable, iam.IGrantable)
class CompilationJob(JobAttributes, JobMetrics, CompilationJobBase):
    """A compilation job: what is compiled, for which target, with which role, key and network.

    A job of Neo is immutable. What determines the compilation (model, framework, inputs, target,
    options, output, key) is in its identity: a change makes a new job, and the old one is cleaned
    up when the new one is COMPLETED. Role, network, stopping condition and tags are settings:
    changing them never recompiles. All jobs of a stack share one provider.

    It is CDK's CustomResource itself, not a construct around one: each construct costs jsii a
    millisecond, and stacks have hundreds of jobs. Its CfnResource, ``Default``, is always deleted
    with the stack; the property RemovalPolicy decides what that means for the job.

    Attributes:
        provider: The functions, roles, log group and metrics that all jobs of the stack share.
        role: The role that Neo assumes.
    """

    @unpacked(ModelArguments, SourceArguments, RunArguments, JobArguments, defaults=DEFAULTS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: ModelArtifact,
        target: Target,
        **arguments: Unpack[JobArguments],
    ) -> None:
        """Declare a compilation job.

        Args:
            scope: The parent construct.
            id: The construct's id. Its path is part of the job's identity, unless ``identity`` is
                given.
            model: The trained model.
            target: The device or platform to compile for.
            **arguments: Each by its name.

        Raises:
            ConstructError: The arguments do not go together.
            InvalidJobError: Rules refuse a value; lists every finding.
        """
        self.provider = provider = NeoCompilationProvider.of(scope)
        self._path = path = provider.path_below(scope, id)
        check_arguments(path, {"model": model, "target": target, **arguments})
        self.target = target
        self.waits = arguments.get("wait", True)
        self._tags: cdk.TagManager | None = None
        self._logical_name = provider.claim(arguments.get("identity") or path, path)
        self._output = output = job_output(
            provider.stack, path, provider.owner, arguments, arguments.get("exact_output", False)
        )
        bound = model.bind(scope, path)
        given = arguments.get("role")
        role_arn = passed_role_arn(given, provider.owner, path)
        request = job_request(
            path, arguments, role_arn=role_arn, model=bound, output=output, target=target
        )
        extracted = job_properties.extract_fields(path, request)
        declaration = partial(
            job_properties.declaration, self._logical_name, bound, output, arguments
        )
        super().__init__(
            scope, id, resource_type=contract.JOB_RESOURCE, service_token=provider.service_token,
            service_timeout=job_properties.service_timeout(),
            properties={
                **declaration(extracted), **job_properties.run_settings(path, arguments),
            },
        )  # fmt: skip
        provider.exports.add(path, self)
        self._other_stacks = OtherStacks(self, path, provider.stack, self._logical_name)
        self._network = network = job_network(self, arguments)
        if network is not None:  # its security group may be a child, so the job is made before it
            extracted = job_properties.extract_fields(path, {**request, **network.fields()})
            self._override(declaration(extracted))
        if self.waits:
            check_deadline(self, path, request)
        check_owners(self, path, provider.home, model=bound, output=output, role=given)
        rule_checks.check(self, path, extracted, provider.region)
        if output.is_exact:
            provider.warn_of_overwriting(self, path, request, target)
        self.role: iam.IRole = given or provider.role_of(self, path)
        grantee = self.role if given is None else provider.grantee(given)
        grant_permissions(provider, role_arn, grantee, bound, output, network)
        # References alone would leave out policies and endpoints.
        if given is None:
            self._resource.node.add_dependency(self.role)
        else:
            provider.await_before_jobs(given)
        provider.await_before_jobs(*output.needed(), *(network.needed if network else ()))

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
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The job's tags, as `Tags.of(...)` sets them; changing tags never recompiles."""
        if self._tags is None:  # most jobs are never tagged, and a manager costs a millisecond
            self._tags = cdk.TagManager(cdk.TagType.KEY_VALUE, contract.JOB_RESOURCE)
            self._override({contract.TAGS: self._tags.rendered_tags})
            check_tags(self, self._tags)
        return self._tags

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Decide whether finished jobs' records are kept: RETAIN or DESTROY."""
        check_arguments(self._path, {"removal_policy": policy})
        kept = job_properties.removal_policy_property(self._path, policy)
        self._override({contract.REMOVAL_POLICY: kept})

    @property
    def artifacts(self) -> ArtifactLocation:
        """The location of the job's artifacts."""
        return self._artifacts_of(self.compilation_job_identity)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The job's role, so that `bucket.grant_read(job)` works."""
        return self.role.grant_principal

    @property
    def connections(self) -> ec2.Connections:
        """The job's security groups; raises ConstructError for a job without a VPC."""
        if self._network is None:
            message = "this job has no connections without a VPC; give vpc=..."
            raise ConstructError(self._path, message)
        return self._network.connections

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

    @cached_property
    def _resource(self) -> cdk.CfnResource:
        # Asked for late: it costs two calls to the jsii kernel, and few jobs need it.
        resource = self.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        return resource

    def _override(self, properties: Mapping[str, Any]) -> None:
        for name, value in properties.items():
            self._resource.add_property_override(name, value)
