"""CompilationJob: one SageMaker Neo compilation job as a CloudFormation resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs import checks, statements
from neo_constructs.compilation_job_base import CompilationJobBase, ImportedCompilationJob
from neo_constructs.compiler_options import CompilerOptions
from neo_constructs.compiler_options import compiler_options as options_of
from neo_constructs.contract import contract
from neo_constructs.data_input_config import DataInputConfig
from neo_constructs.errors import ConstructError
from neo_constructs.facts import role_arn
from neo_constructs.framework import Framework
from neo_constructs.job_metrics import JobMetrics, job_dimensions
from neo_constructs.job_role import arn_of_role, job_role, job_role_name
from neo_constructs.late_bound import SplitRequest, TokenKeyError, split_request
from neo_constructs.model_artifact import BoundModel, ModelArtifact
from neo_constructs.network import job_network
from neo_constructs.output import DEFAULT_PREFIX, job_output
from neo_constructs.owners import check_owners
from neo_constructs.provider import NeoCompilationProvider
from neo_constructs.source import source_members
from neo_constructs.stopping import DEADLINE_SECONDS, check_deadline, stopping
from neo_constructs.target import Target
from neo_constructs.tokens import is_token

RESOURCE_TYPE: Final = "Custom::NeoCompilationJob"
SERVICE_TIMEOUT_SECONDS: Final = 3_600
_REMOVAL_POLICIES: Final = {
    cdk.RemovalPolicy.DESTROY: "destroy",
    cdk.RemovalPolicy.RETAIN: "retain",
}


@jsii.implements(cdk.ITaggableV2, ec2.IConnectable, iam.IGrantable)
class CompilationJob(JobMetrics, CompilationJobBase):
    """A compilation job: what is compiled, for which target, with which role, key and network.

    A job of Neo is immutable. What determines the compilation (model, framework, inputs, target,
    options, output, key) is in its identity: a change makes a new job, and the old one is cleaned
    up when the new one is COMPLETED. Role, network, stopping condition and tags are settings:
    changing them never recompiles. All jobs of a stack share one provider.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: ModelArtifact,
        target: Target,
        framework: Framework | None = None,
        framework_version: str | None = None,
        data_input_config: (
            DataInputConfig | Mapping[str, Any] | Sequence[Any] | str | None
        ) = None,
        compiler_options: CompilerOptions | Mapping[str, Any] | str | None = None,
        output_bucket: s3.IBucket | None = None,
        output_prefix: str = DEFAULT_PREFIX,
        exact_output: bool = False,
        output_bucket_owner: str | None = None,
        encryption_key: kms.IKey | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        role: iam.IRole | None = None,
        max_runtime: cdk.Duration | None = None,
        max_wait: cdk.Duration | None = None,
        max_pending: cdk.Duration | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        wait: bool = True,
        retries: int = 1,
        identity: str | None = None,
    ) -> None:
        """Declare a compilation job.

        Args:
            scope: The parent construct.
            id: The construct's id. Its path is part of the job's identity, unless ``identity`` is
                given.
            model: The trained model.
            target: The device or platform to compile for.
            framework: What the model was trained with; not with a model package.
            framework_version: Its version, where Neo takes one (TensorFlow, PyTorch, MXNet,
                TensorFlow Lite).
            data_input_config: Names and shapes of the model's inputs. Frameworks differ in form
                and layout; XGBoost needs none.
            compiler_options: What the target's compiler wants to be told; NVIDIA needs it.
            output_bucket: Where the artifact goes. Default: one bucket a stack, ``NeoArtifacts``,
                kept when the stack is deleted.
            output_prefix: Folder in the bucket. Every identity gets a folder of its own below it,
                so that no compilation overwrites another's artifact.
            exact_output: Write to the prefix itself instead; two jobs of one model name and
                target then overwrite each other.
            output_bucket_owner: Account that the bucket must belong to when the artifact is
                looked for.
            encryption_key: Key for the artifact. Default: the output bucket's, if it has one.
            vpc: Network for the job; it needs an S3 gateway endpoint (the job has no internet).
            vpc_subnets: Which subnets of it, at most 16. Default: its private ones.
            security_groups: At most 5. Default: one of the job's own, nothing in, S3 out.
            role: The role that Neo assumes. The statements that the job needs are added to it,
                unless it is given as ``role.without_policy_updates()``. Default: a role of the
                job's own that only this stack's compilation jobs can assume.
            max_runtime: When the service stops the job. Default: 15 minutes.
            max_wait: The API's MaxWaitTimeInSeconds.
            max_pending: How long the job may wait for capacity.
            removal_policy: Whether finished jobs' records are deleted (DESTROY) or kept (RETAIN)
                when the construct goes. A live job is stopped, and artifacts are kept, under both.
            wait: Whether a deployment waits for the compilation and fails with it. If not, it
                ends when the service accepts the job, and the artifact's attributes are empty.
            retries: Further attempts after failures that are the service's own, 0 to 10.
            identity: A name that keeps the job when the construct moves; unique in the stack.

        Raises:
            ConstructError: The arguments do not go together.
            InvalidJobError: Rules refuse a value; lists every finding.
        """
        super().__init__(scope, id)
        self._provider = NeoCompilationProvider.of(scope)
        self._path = self._provider.path_below(scope, id)
        self._tags: cdk.TagManager | None = None
        self.target = target
        self.waits = wait
        self._output = job_output(
            self._provider.stack,
            output_bucket,
            output_prefix,
            exact_output,
            encryption_key,
            self._provider.owner,
        )
        self._network = job_network(self, vpc, vpc_subnets, security_groups)
        self._own_role = role is None
        name = job_role_name(self._provider.owner, self._path)
        self.role: iam.IRole = role or job_role(
            self, "Role", job_arn_pattern=self._provider.job_arn_pattern, role_name=name
        )
        self._passed_arn = role_arn(role) if role is not None else arn_of_role(name)
        condition = stopping(max_runtime, max_wait, max_pending)
        if wait:
            check_deadline(self._path, condition)
        bound = model.bind(self)
        check_owners(
            self, self._path, self._provider.home, model=bound, output=self._output, role=role
        )
        options = None if compiler_options is None else options_of(compiler_options)
        split = self._split({
            "RoleArn": role_arn(self.role),
            **source_members(self._path, bound, framework, framework_version, data_input_config),
            "OutputConfig": self._output.to_wire(target, options),
            "VpcConfig": None if self._network is None else self._network.to_wire(),
            "StoppingCondition": condition.to_wire(),
        })  # fmt: skip
        self._logical_name = self._provider.claim(identity or self._path, self._path)
        self._resource = cdk.CfnResource(self, "Resource", type=RESOURCE_TYPE, properties={
            "ServiceToken": self._provider.service_token,
            "ServiceTimeout": SERVICE_TIMEOUT_SECONDS,
            **contract(self._logical_name, split,
                       bound.revision, exact_output, retries),
            "RemovalPolicy": self._removal(removal_policy),
            "Wait": "true" if wait else "false",
            "DeadlineSeconds": str(DEADLINE_SECONDS),
            "OutputBucketOwner": output_bucket_owner,
        })  # fmt: skip
        self._grant(bound)
        self._order()

    @staticmethod
    def from_compilation_job_name(
        scope: Construct, id: str, compilation_job_name: str
    ) -> CompilationJobBase:
        """A job that exists in the stack's account and region, by name."""
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
        """A job that exists, by ARN; raises ConstructError for the ARN of something else."""
        return CompilationJob.from_compilation_job_attributes(
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
        """A job that exists, with the place of its artifacts, so that they can be granted.

        Args:
            scope: The parent construct.
            id: The construct's id.
            compilation_job_arn: The job's ARN.
            artifact_bucket: Where its artifacts are.
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

    @property
    def compilation_job_name(self) -> str:
        """The job's name: owner, slug, identity and, from the second attempt on, the attempt."""
        return self._attribute("CompilationJobName")

    @property
    def compilation_job_arn(self) -> str:
        """The job's ARN."""
        return self._attribute("CompilationJobArn")

    @property
    def compilation_job_status(self) -> str:
        """The job's status when the deployment ended: COMPLETED unless it did not wait."""
        return self._attribute("CompilationJobStatus")

    @property
    def compilation_job_artifacts_uri(self) -> str:
        """The compiled artifact's s3:// URI; empty if the deployment did not wait."""
        return self._attribute("S3ModelArtifacts")

    @property
    def compilation_job_artifact_digest(self) -> str:
        """The artifact's BLAKE2 digest, as the service reports it; may be empty."""
        return self._attribute("ArtifactDigest")

    @property
    def compilation_job_inference_image(self) -> str:
        """The serving image for cloud targets; empty for the edge."""
        return self._attribute("InferenceImage")

    @property
    def compilation_job_identity(self) -> str:
        """The job's name without attempt: the folder of its artifacts, and CloudFormation's Ref."""
        return self._resource.ref

    @property
    def provider(self) -> NeoCompilationProvider:
        """What all jobs of the stack share: functions, roles, log group, metrics of them all."""
        return self._provider

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """What `Tags.of(...)` puts on the job; changing tags never recompiles."""
        if self._tags is None:  # most jobs are never tagged, and a manager costs a millisecond
            self._tags = cdk.TagManager(cdk.TagType.KEY_VALUE, RESOURCE_TYPE)
            self._resource.add_property_override("Tags", self._tags.rendered_tags)
        return self._tags

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The job's role, so that `bucket.grant_read(job)` works."""
        return self.role.grant_principal

    @property
    def connections(self) -> ec2.Connections:
        """The job's security groups; raises ConstructError for a job without a VPC."""
        if self._network is None:
            raise ConstructError(
                self._path, "this job has no connections, since it is in no VPC; give vpc=..."
            )
        return self._network.connections

    def add_to_role_policy(self, statement: iam.PolicyStatement) -> None:
        """Allow the job's role something more."""
        self.role.add_to_principal_policy(statement)

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Decide whether finished jobs' records are kept: RETAIN or DESTROY."""
        self._resource.add_property_override("RemovalPolicy", self._removal(policy))

    def _measured(self) -> dict[str, str]:
        return job_dimensions(self._provider.stack.stack_name, self._logical_name)

    def _attribute(self, name: str) -> str:
        return cdk.Token.as_string(self._resource.get_att(name))

    def _artifact_place(self) -> tuple[s3.IBucket, str] | None:
        own_folder = "" if self._output.is_exact else f"{self.compilation_job_identity}/"
        return self._output.bucket, f"{self._output.prefix}{own_folder}"

    def _artifact_key(self) -> kms.IKey | None:
        return self._output.key

    def _split(self, request: Mapping[str, object]) -> SplitRequest:
        try:
            split = split_request(request)
        except TokenKeyError as error:
            raise ConstructError(self._path, str(error)) from error
        checks.check(self, self._path, split, self._provider.region)
        return split

    def _removal(self, policy: cdk.RemovalPolicy) -> str:
        try:
            return _REMOVAL_POLICIES[policy]
        except KeyError:
            raise ConstructError(
                self._path,
                f"removal_policy is {policy.name}; DESTROY and RETAIN are allowed, and decide "
                "whether finished jobs' records are kept",
            ) from None

    def _grant(self, bound: BoundModel) -> None:
        needed = [*bound.grants(), *self._output.grants(), statements.write_logs()]
        if self._network is not None:
            needed.append(statements.use_vpc())
        self._provider.grant(self.role, needed)
        permissions = self._provider.jobs
        permissions.pass_role(self._passed_arn)
        permissions.find_objects(self._output.place.arn, f"{self._output.written}*")
        if bound.checked is not None:
            permissions.find_objects(bound.checked.bucket_arn, bound.checked.key)
            if bound.checked.encryption is not None:
                permissions.read_checksums(bound.checked.encryption)

    def _order(self) -> None:
        # Whatever the job needs while it runs, or its deletion while it is stopped, is made
        # before it and deleted after it. References alone leave out policies and endpoints.
        if self._own_role:
            self._resource.node.add_dependency(self.role)
        else:
            self._provider.await_before_jobs(self.role)
        for needed in (*self._output.needed(), *(self._network.needed if self._network else ())):
            self._provider.await_before_jobs(needed)
