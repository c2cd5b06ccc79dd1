"""CompilationJob: one SageMaker Neo compilation job as a CloudFormation resource."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any, Unpack

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.cross_account.checks import check_owners
from neo_constructs.job.attributes import JobAttributes
from neo_constructs.job.compilation_job_base import CompilationJobBase
from neo_constructs.job.made_job import MadeJob
from neo_constructs.job.permissions import grant_permissions, grant_verification, passed_role_arn
from neo_constructs.metrics.job import JobMetrics
from neo_constructs.network.job_network import job_network
from neo_constructs.provider.compilation_provider import NeoCompilationProvider
from neo_constructs.request import job_properties, rule_checks
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.defaults import DEFAULTS
from neo_constructs.request.job_arguments import (
    JobArguments,
    ModelArguments,
    RunArguments,
    SourceArguments,
)
from neo_constructs.request.job_request import job_request
from neo_constructs.request.output import job_output
from neo_constructs.request.tag_check import check_tags
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.unpacked_signature import signed, unpacked
from neo_constructs.vocabulary.model_artifact import ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core import contract
from reconciler.core.contract import Verify


@signed
@jsii.implements(cdk.ITaggableV2, ec2.IConnectable, iam.IGrantable)
class CompilationJob(cdk.CustomResource, MadeJob, JobAttributes, JobMetrics, CompilationJobBase):
    """A compilation job: what is compiled, for which target, with which role, key and network.

    A job of Neo is immutable. What determines the compilation (model, framework, inputs, target,
    options, output, key) is in its identity: a change makes a new job, and the old one is cleaned
    up when the new one is COMPLETED. Role, network, stopping condition and tags are settings:
    changing them never recompiles. All jobs of a stack share one provider.

    It is CDK's CustomResource itself, not a construct around one: each construct costs jsii a
    millisecond, and stacks have hundreds of jobs. For each one jsii looks through the members of
    this class for what they override, so all others are in base classes. Its CfnResource,
    ``Default``, is always deleted with the stack; the property RemovalPolicy decides what that
    means for the job.

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
        self.verifies = arguments.get("verify", Verify.OFF) != Verify.OFF
        if self.verifies and not self.waits:
            raise job_properties.cannot_verify(path)
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
        provider.template_checks.add_job(path, self)
        self._network = network = job_network(self, arguments)
        if network is not None:  # its security group may be a child, so the job is made before it
            extracted = job_properties.extract_fields(path, {**request, **network.fields()})
            self._override(declaration(extracted))
        if self.waits:
            rule_checks.check_deadline(self, path, request)
        check_owners(self, path, provider.home, model=bound, output=output, role=given)
        rule_checks.check(self, path, extracted, provider.region)
        if output.is_exact:
            provider.warn_of_overwriting(self, path, request, target)
        self.role: iam.IRole = given or provider.role_of(self, path)
        grantee = self.role if given is None else provider.grantee(given)
        grant_permissions(provider, role_arn, grantee, bound, output, network)
        if self.verifies:
            grant_verification(provider, bound, output)
        # References alone would leave out policies and endpoints.
        if given is None:
            self._resource.node.add_dependency(self.role)
        else:
            provider.await_before_jobs(given)
        provider.await_before_jobs(*output.needed(), *(network.needed if network else ()))

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

    @cached_property
    def _resource(self) -> cdk.CfnResource:
        # Asked for late: it costs two calls to the jsii kernel, and few jobs need it.
        resource = self.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        return resource

    def _override(self, properties: Mapping[str, Any]) -> None:
        for name, value in properties.items():
            self._resource.add_property_override(name, value)
