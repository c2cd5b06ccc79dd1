"""CompilationJob: one SageMaker Neo compilation job as a CloudFormation resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.cross_account.checks import check_owners
from neo_constructs.errors import ConstructError
from neo_constructs.iam import statements
from neo_constructs.iam.job_role import arn_of_role, job_role_name
from neo_constructs.job.compilation_job_base import CompilationJobBase, ImportsCompilationJobs
from neo_constructs.job.resource import JobResource
from neo_constructs.metrics.job import JobMetrics, job_dimensions
from neo_constructs.network.job_network import JobNetwork, job_network
from neo_constructs.provider.compilation_provider import NeoCompilationProvider
from neo_constructs.request import rule_checks
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.job_arguments import (
    JobArguments,
    ModelArguments,
    RunArguments,
    SourceArguments,
)
from neo_constructs.request.job_properties import declaration_properties
from neo_constructs.request.output import DEFAULT_PREFIX, JobOutput, job_output
from neo_constructs.request.plain_fields import plain_members
from neo_constructs.request.source import source_members
from neo_constructs.request.stopping import check_deadline, stopping_condition
from neo_constructs.synth import tokens
from neo_constructs.synth.jsii_cache import role_arn
from neo_constructs.synth.unpacked_signature import spelled_out
from neo_constructs.vocabulary.model_artifact import BoundModel, ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core.contract import DEFAULT_RETRIES
from reconciler.core.deploy_time import DeployTimeNameError, Extracted, extract


# JobResource comes first: jsii looks for overrides, at every job, through all before its own class.
@jsii.implements(cdk.ITaggableV2, ec2.IConnectable, iam.IGrantable)
class CompilationJob(JobResource, JobMetrics, ImportsCompilationJobs, CompilationJobBase):
    """A compilation job: what is compiled, for which target, with which role, key and network.

    A job of Neo is immutable. What determines the compilation (model, framework, inputs, target,
    options, output, key) is in its identity: a change makes a new job, and the old one is cleaned
    up when the new one is COMPLETED. Role, network, stopping condition and tags are settings:
    changing them never recompiles. All jobs of a stack share one provider.
    """

    @spelled_out(ModelArguments, SourceArguments, RunArguments, JobArguments)
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
        self._provider = provider = NeoCompilationProvider.of(scope)
        path = provider.path_below(scope, id)
        check_arguments(path, {"model": model, "target": target, **arguments})
        self.target = target
        self.waits = arguments.get("wait", True)
        self._output = _output(provider, arguments)
        given = arguments.get("role")
        role_name = job_role_name(provider.owner, path)
        self._passed_arn = arn_of_role(role_name) if given is None else role_arn(given)
        self._logical_name = provider.claim(arguments.get("identity") or path, path)
        bound = _bound(model, scope, path)
        request = self._request(path, bound, arguments)
        extracted = _extracted(path, request)
        super().__init__(
            scope, id, path=path, service_token=provider.service_token,
            declared=self._declared(extracted, bound, arguments),
            removal_policy=arguments.get("removal_policy", cdk.RemovalPolicy.DESTROY),
            wait=self.waits, output_bucket_owner=arguments.get("output_bucket_owner"),
        )  # fmt: skip
        self._network = _network(self, arguments)
        if self._network is not None:  # its security group is a child, so the job is there before
            extracted = _extracted(path, {**request, "VpcConfig": self._network.to_wire()})
            self._override(self._declared(extracted, bound, arguments))
        check_owners(self, path, provider.home, model=bound, output=self._output, role=given)
        rule_checks.check(self, path, extracted, provider.region)
        if self._output.is_exact:
            provider.warn_of_overwriting(self, path, request)
        self.role: iam.IRole = given or provider.role_of(self, path, role_name)
        self._grant(bound, self.role if given is None else provider.grantee(given))
        self._order(given)

    @property
    def provider(self) -> NeoCompilationProvider:
        """The functions, roles, log group and metrics that all jobs of the stack share."""
        return self._provider

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The job's role, so that `bucket.grant_read(job)` works."""
        return self.role.grant_principal

    @property
    def connections(self) -> ec2.Connections:
        """The job's security groups; raises ConstructError for a job without a VPC."""
        if self._network is None:
            raise ConstructError(
                self._path, "this job has no connections without a VPC; give vpc=..."
            )
        return self._network.connections

    def add_to_role_policy(self, statement: iam.PolicyStatement) -> None:
        """Add a statement to the job's role."""
        self.role.add_to_principal_policy(statement)

    def _metric_dimensions(self) -> dict[str, str]:
        return job_dimensions(self._provider.stack.stack_name, self._logical_name)

    def _artifact_place(self) -> tuple[s3.IBucket, str] | None:
        own_folder = "" if self._output.is_exact else f"{self.compilation_job_identity}/"
        return self._output.bucket, f"{self._output.prefix}{own_folder}"

    def _artifact_key(self) -> kms.IKey | None:
        return self._output.key

    def _request(self, path: str, bound: BoundModel, arguments: JobArguments) -> dict[str, object]:
        condition = stopping_condition(arguments)
        if self.waits:
            check_deadline(path, condition)
        return {
            "RoleArn": self._passed_arn,
            **plain_members("", arguments),
            **source_members(path, bound, arguments),
            "OutputConfig": self._output.to_wire(self.target, arguments),
            "StoppingCondition": condition,
        }

    def _declared(
        self, extracted: Extracted, bound: BoundModel, arguments: JobArguments
    ) -> dict[str, object]:
        return declaration_properties(
            self._logical_name, extracted, bound.revision, self._output.is_exact,
            arguments.get("retries", DEFAULT_RETRIES),
        )  # fmt: skip

    def _grant(self, bound: BoundModel, grantee: iam.IRole | iam.Policy) -> None:
        needed = [*bound.grants(), *self._output.grants(), statements.write_logs()]
        if self._network is not None:
            needed.append(statements.use_vpc())
        self._provider.grant(grantee, needed)
        permissions = self._provider.jobs
        permissions.pass_role(self._passed_arn)
        permissions.find_objects(self._output.place.arn, f"{self._output.written}*")
        if bound.checked is not None:
            permissions.find_objects(bound.checked.bucket_arn, bound.checked.key)
            if bound.checked.encryption is not None:
                permissions.read_checksums(bound.checked.encryption)

    def _order(self, given: iam.IRole | None) -> None:
        # Whatever the job needs while it runs, or its deletion while it is stopped, is made
        # before it and deleted after it. References alone leave out policies and endpoints.
        if given is None:
            self._resource.node.add_dependency(self.role)
        else:
            self._provider.await_before_jobs(given)
        for needed in (*self._output.needed(), *(self._network.needed if self._network else ())):
            self._provider.await_before_jobs(needed)


def _output(provider: NeoCompilationProvider, arguments: JobArguments) -> JobOutput:
    return job_output(
        provider.stack, arguments.get("output_bucket"),
        arguments.get("output_prefix", DEFAULT_PREFIX), arguments.get("exact_output", False),
        arguments.get("encryption_key"), provider.owner,
    )  # fmt: skip


def _network(job: Construct, arguments: RunArguments) -> JobNetwork | None:
    return job_network(
        job, arguments.get("vpc"), arguments.get("vpc_subnets"), arguments.get("security_groups")
    )


def _bound(model: ModelArtifact, scope: Construct, path: str) -> BoundModel:
    try:
        return model.bind(scope)
    except ConstructError as error:
        raise ConstructError(path, error.reason) from error


def _extracted(path: str, request: Mapping[str, object]) -> Extracted:
    try:
        return extract(request, tokens)
    except DeployTimeNameError as error:
        raise ConstructError(path, str(error)) from error
