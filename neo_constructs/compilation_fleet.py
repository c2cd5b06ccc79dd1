"""CompilationFleet: any number of SageMaker Neo compilation jobs as one CloudFormation resource."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs import facts
from neo_constructs.compiler_options import CompilerOptions
from neo_constructs.compiler_options import compiler_options as options_of
from neo_constructs.data_input_config import DataInputConfig
from neo_constructs.fleet_attributes import FleetAttributes
from neo_constructs.fleet_findings import Part, mark
from neo_constructs.fleet_grants import RoleGrants, attach
from neo_constructs.fleet_jobs import FleetJobs
from neo_constructs.fleet_lazy import LazyValue
from neo_constructs.fleet_metrics import FleetMetrics
from neo_constructs.fleet_provider import FleetProvider
from neo_constructs.fleet_rights import (
    deploy_rights,
    fleet_owner,
    job_pattern,
    objects_document,
)
from neo_constructs.fleet_settings import OnFailure, fleet_settings
from neo_constructs.fleet_state import DEFAULT_PREFIX as STATE_PREFIX
from neo_constructs.fleet_state import FleetStatePlace, state_bucket
from neo_constructs.framework import Framework
from neo_constructs.job_role import job_role
from neo_constructs.keys import key_use
from neo_constructs.model_artifact import ModelArtifact
from neo_constructs.network import job_network
from neo_constructs.output import DEFAULT_PREFIX, job_output
from neo_constructs.owners import check_owners
from neo_constructs.source import source_members
from neo_constructs.stopping import stopping
from neo_constructs.target import Target

RESOURCE_TYPE: Final = "Custom::NeoCompilationFleet"
_SERVICE_TIMEOUT_SECONDS: Final = 3_600
_PARTS: Final = {"Provider": Part.PROVIDER, "State": Part.STATE, "JobPermissions": Part.JOBS}


@jsii.implements(cdk.ITaggableV2, iam.IGrantable)
class CompilationFleet(FleetMetrics, FleetAttributes):
    """Any number of compilation jobs, 10,000 say, as one resource and one asset.

    CloudFormation sees one resource whose id never changes; the manifest, one object in S3, tells
    the state of each job. A deployment succeeds when all jobs are COMPLETED, or, at its deadline
    of 55 minutes, when all are accepted; a ContinuousReconciliation goes on from there. A rollback
    declares the generation before again and compiles nothing that is COMPLETED.

    Job names begin with the fleet's owner, `f` and 14 characters, so that policies can name them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        output_bucket: s3.IBucket | None = None,
        output_prefix: str = DEFAULT_PREFIX,
        output_bucket_owner: str | None = None,
        encryption_key: kms.IKey | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        role: iam.IRole | None = None,
        max_runtime: cdk.Duration | None = None,
        max_wait: cdk.Duration | None = None,
        max_pending: cdk.Duration | None = None,
        wait: bool = True,
        deadline: cdk.Duration | None = None,
        on_failure: OnFailure = OnFailure.FAIL,
        prune: bool = False,
        retries: int = 1,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        state_bucket: s3.IBucket | None = None,
        state_prefix: str = STATE_PREFIX,
        state_encryption_key: kms.IKey | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        log_encryption_key: kms.IKey | None = None,
        validate: bool = True,
    ) -> None:
        """Declare a fleet; its jobs follow by ``add_job``.

        Args:
            scope: The parent construct.
            id: The construct's id. Its path is part of the owner, and so of every job's name.
            output_bucket: Where artifacts go, unless a job says otherwise. Default: one bucket a
                stack, kept when the stack is deleted.
            output_prefix: Folder in the bucket; every job gets a folder of its own below it.
            output_bucket_owner: Account that the output buckets must belong to.
            encryption_key: Key for artifacts. Default: the output bucket's, if it has one.
            vpc: Network for the jobs; it needs an S3 gateway endpoint.
            vpc_subnets: Which subnets of it, at most 16. Default: its private ones.
            security_groups: At most 5. Default: one of the fleet's own.
            role: The role that Neo assumes. What the jobs need is added to it, unless it is given
                as ``role.without_policy_updates()``. Default: a role that only the fleet's jobs
                can assume.
            max_runtime: When the service stops a job. Default: 15 minutes.
            max_wait: The API's MaxWaitTimeInSeconds.
            max_pending: How long a job may wait for capacity.
            wait: Whether a deployment waits until jobs are COMPLETED, or only accepted.
            deadline: How long a deployment may take, at most (and by default) 55 minutes.
            on_failure: FAIL: the first job that fails fails the deployment, which is rolled back.
                CONTINUE: failures are counted and told in the manifest.
            prune: Delete finished jobs' records that no declaration names, but those of the
                generation before, which a rollback wants. Artifacts stay. Live jobs that no
                declaration names are always stopped.
            retries: Further attempts after failures that are the service's own, 0 to 10.
            removal_policy: Whether finished jobs' records are deleted (DESTROY) or kept (RETAIN)
                with the fleet. Live jobs are stopped, and artifacts kept, under both.
            state_bucket: Where the state is. Default: a bucket of the fleet's own: encrypted by
                KMS, private, TLS only, versioned.
            state_prefix: Folder in the state bucket.
            state_encryption_key: Key of the fleet's own state bucket. Default: AWS's for S3.
            log_retention: How long the functions' logs are kept.
            log_encryption_key: Key for the logs; it must allow CloudWatch Logs.
            validate: Whether each job is judged by the rules when it is declared. Jobs are judged
                again before they are created.

        Raises:
            ConstructError: The arguments do not go together.
        """
        super().__init__(scope, id)
        stack = cdk.Stack.of(self)
        self._path = self.node.path
        self.owner, self._suffix = fleet_owner(self._path)
        self._tags = cdk.TagManager(cdk.TagType.KEY_VALUE, RESOURCE_TYPE)
        bucket = state_bucket or _own_state(self, state_encryption_key)
        prefix = state_prefix.strip("/")
        self.state = FleetStatePlace(bucket, f"{prefix}/" if prefix else "", self.owner)
        self._output = job_output(
            stack, output_bucket, output_prefix, False, encryption_key, self.owner
        )
        self._network = job_network(self, vpc, vpc_subnets, security_groups)
        self._vpc_config = None if self._network is None else self._network.to_wire()
        self._condition = stopping(max_runtime, max_wait, max_pending).to_wire()
        self._home, self._owners_asked = facts.home_of(stack), set[str]()
        check_owners(self, self._path, self._home, output=self._output, role=role)
        self.job_arn_pattern = job_pattern(self.owner)
        self.role: iam.IRole = role or job_role(self, "Role", job_arn_pattern=self.job_arn_pattern)
        self._grants, self.looked_for = RoleGrants(), RoleGrants()
        self._document = LazyValue(self._compiled)
        self.provider = FleetProvider(
            self, "Provider", granted=deploy_rights(self),
            log_retention=log_retention, log_key=log_encryption_key,
        )  # fmt: skip
        self._jobs = FleetJobs(
            path=self._path, owner=self.owner, role_arn=facts.role_arn(self.role),
            grants=self._grants, looked_for=self.looked_for, region=_known(self._home.region),
            validate=validate,
        )  # fmt: skip
        self._jobs.tell_roles(self.provider.jobs.pass_role)
        self._jobs.pass_role(self._jobs.role_arn)
        self._settings = fleet_settings(
            self._path, wait, deadline, on_failure, prune, retries, removal_policy
        )
        self.output_bucket_owner = output_bucket_owner
        self._resource = self._custom_resource()
        self._order(role)
        for child, part in _PARTS.items():
            mark(f"{self._path}/{child}", part)
        defaults = self._defaults()
        self._named: dict[str, object] = {
            "role": defaults["RoleArn"], "output": defaults["S3OutputLocation"],
        }  # fmt: skip
        self._for_uploads: dict[str, object] = {}
        self._outputs: dict[tuple[Target, str], dict[str, object]] = {}
        self._durations: dict[str, tuple[cdk.Duration, Any]] = {}

    @classmethod
    def from_specs(
        cls,
        scope: Construct,
        id: str,
        *,
        path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        variables: Mapping[str, object] | None = None,
        **arguments: Any,  # noqa: ANN401 - those of the constructor
    ) -> Self:
        """A fleet of the jobs in spec files: YAML fleets, or requests in the AWS CLI's form.

        Args:
            scope: The parent construct.
            id: The construct's id.
            path: A file or folder, or several.
            variables: Values for the specs' variables; tokens are allowed. ``role`` and
                ``output`` are the fleet's role and output location, unless given.
            **arguments: Arguments of CompilationFleet. Jobs without a role or an output location
                get the fleet's.

        Raises ConstructError with everything that is wrong with the specs, each with its place.
        """
        from neo_constructs.fleet_specs import spec_jobs

        fleet = cls(scope, id, **arguments)
        fleet._named.update(variables or {})
        unused_is_wrong = frozenset(variables or ())
        for each in spec_jobs(fleet._path, path, fleet._named, fleet._defaults(), unused_is_wrong):
            fleet._jobs.add(
                each.name, each.wire, revision=each.revision, exact_output=each.exact_output
            )
        return fleet

    def _measured(self) -> dict[str, str]:
        return {"Fleet": self.owner}

    def add_job(
        self,
        name: str,
        *,
        model: ModelArtifact,
        target: Target,
        framework: Framework | None = None,
        framework_version: str | None = None,
        data_input_config: (
            DataInputConfig | Mapping[str, Any] | Sequence[Any] | str | None
        ) = None,
        compiler_options: CompilerOptions | Mapping[str, Any] | str | None = None,
        role: iam.IRole | None = None,
        max_runtime: cdk.Duration | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Declare one job of the fleet.

        Args:
            name: Its name in the fleet; part of the job's identity.
            model: The trained model.
            target: The device or platform to compile for.
            framework: What the model was trained with; not with a model package.
            framework_version: Its version, where Neo takes one.
            data_input_config: Names and shapes of the model's inputs.
            compiler_options: What the target's compiler wants to be told.
            role: Another role than the fleet's; it is passed as it is.
            max_runtime: Another limit than the fleet's.
            tags: Tags of this job; the fleet's come besides.

        Raises:
            ConstructError: The name is taken, or the arguments do not go together.
            InvalidJobError: Rules refuse a value; lists every finding.
        """
        bound = model.bind(self)
        where = f"{self._path}: job {name!r}"
        check_owners(
            self, where, self._home, model=bound, role=role, asked_before=self._owners_asked
        )
        condition = self._condition if max_runtime is None else self._limit(max_runtime)
        options = None if compiler_options is None else options_of(compiler_options)
        given = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        request: dict[str, object] = {
            "RoleArn": facts.role_arn(role) if role is not None else self._jobs.role_arn,
            **source_members(where, bound, framework, framework_version, data_input_config),
            "OutputConfig": self._output_config(target, options),
            "VpcConfig": self._vpc_config,
            "StoppingCondition": condition,
            "Tags": given or None,
        }
        self._jobs.add(name, request, revision=bound.revision)
        if bound.checked is not None:
            checked = bound.checked
            self.looked_for.read.setdefault(checked.bucket_arn, set()).add(checked.key)
            if checked.encryption is not None:
                self.looked_for.decrypted.add(checked.encryption)
        if role is None and bound.key is not None:
            self._grants.decrypted.add(key_use(bound.key))

    @property
    def job_count(self) -> int:
        """How many jobs are declared by now."""
        return len(self._jobs.names)

    def _defaults(self) -> dict[str, object]:
        return {
            "RoleArn": self._jobs.role_arn,
            "S3OutputLocation": f"s3://{self._output.place.name}/{self._output.prefix}".rstrip("/"),
            "KmsKeyId": None if self._output.key is None else facts.key_arn(self._output.key),
            "VpcConfig": self._vpc_config,
        }

    def _output_config(self, target: Target, options: CompilerOptions | None) -> Any:  # noqa: ANN401
        """The same object for the same target and options: it is looked at once."""
        key = (target, repr(options))
        if key not in self._outputs:
            self._outputs[key] = self._output.to_wire(target, options)
        return self._outputs[key]

    def _limit(self, duration: cdk.Duration) -> Any:  # noqa: ANN401
        known = self._durations.get(facts.reference(duration))
        if known is None:
            known = (duration, {**self._condition, **stopping(duration, None, None).to_wire()})
            self._durations[facts.reference(duration)] = known
        return known[1]

    def _compiled(self) -> dict[str, object]:
        """The document's asset and the values for it, made when the template is rendered."""
        stack, stage = cdk.Stack.of(self), cdk.Stage.of(self)
        assert stage is not None
        path, digest = self._jobs.write(Path(stage.asset_outdir))
        location = stack.synthesizer.add_file_asset(
            source_hash=digest, packaging=cdk.FileAssetPackaging.FILE,
            file_name=os.path.relpath(path, stage.outdir),
            display_name=f"Fleet {self._path}",
        )  # fmt: skip
        return {
            "Document": {
                "Bucket": location.bucket_name, "Key": location.object_key, "Digest": digest,
            },
            "Variables": {**self._for_uploads, **self._jobs.values.values},
        }  # fmt: skip

    def _custom_resource(self) -> cdk.CfnResource:
        return cdk.CfnResource(self, "Resource", type=RESOURCE_TYPE, properties={
            "ServiceToken": self.provider.service_token,
            "ServiceTimeout": _SERVICE_TIMEOUT_SECONDS,
            "OwnerSuffix": self._suffix,
            "Document": self._document.part("Document"),
            "Variables": self._document.part("Variables"),
            "State": self.state.to_property(None),
            "OutputBucketOwner": self.output_bucket_owner,
            "Continues": "false",
            "Tags": self._tags.rendered_tags,
            **self._settings,
        })  # fmt: skip

    def _order(self, given: iam.IRole | None) -> None:
        """Whatever jobs need while they run, or to be stopped, is made before and deleted after."""
        needed: list[Any] = [self.role, *self._output.needed()]
        if self._network is not None:
            needed += self._network.needed
        if given is None or _takes_policies(given):
            needed.append(attach(self, "JobPermissions", self.role, self._grants.document))
        needed.append(
            attach(
                self.provider, "Objects", self.provider.is_complete_role,
                lambda: objects_document(self.looked_for, self._document),
            )
        )  # fmt: skip
        self._resource.node.add_dependency(*needed)
        self._resource.node.add_dependency(self.provider, self.state.bucket)


def _own_state(scope: Construct, key: kms.IKey | None) -> s3.Bucket:
    return state_bucket(scope, key)


def _known(region: str) -> str | None:
    return None if "${Token[" in region else region


def _takes_policies(role: iam.IRole) -> bool:
    """Whether a given role may be changed by this app; CDK calls one that may not Immutable…"""
    return isinstance(role, iam.Role) or not role.node.id.startswith("ImmutableRole")
