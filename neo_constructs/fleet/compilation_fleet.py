"""CompilationFleet: any number of SageMaker Neo compilation jobs as one CloudFormation resource."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self, Unpack

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct, IDependable

from neo_constructs.fleet.attributes import FleetAttributes
from neo_constructs.fleet.document import document_asset, of_uploads
from neo_constructs.fleet.permissions import (
    deploy_rights,
    fleet_owner,
    objects_document,
    pass_rights,
    upload_rights,
)
from neo_constructs.fleet.provider import FleetProvider
from neo_constructs.fleet.requests import FleetRequests
from neo_constructs.fleet.state import fleet_state
from neo_constructs.governance.parts import Part, mark
from neo_constructs.iam.job_role import job_arn_pattern, job_role, takes_policies
from neo_constructs.iam.role_grants import RoleGrants, attach
from neo_constructs.iam.statements import Allow
from neo_constructs.metrics.fleet import FleetMetrics
from neo_constructs.request.argument_types import check_arguments, checked
from neo_constructs.request.defaults import DEFAULTS
from neo_constructs.request.fleet_arguments import FleetArguments, FleetJobArguments
from neo_constructs.request.fleet_properties import fleet_properties
from neo_constructs.request.job_arguments import ModelArguments, RunArguments, SourceArguments
from neo_constructs.request.tag_check import check_tags
from neo_constructs.synth.unpacked_signature import signed, unpacked
from neo_constructs.vocabulary.model_artifact import ModelArtifact
from neo_constructs.vocabulary.target import Target
from reconciler.core import contract, metric_names

_PROVIDER_ID: Final = "Provider"
_PARTS: Final = {_PROVIDER_ID: Part.PROVIDER, "State": Part.STATE, "JobPermissions": Part.JOBS}


@signed
@jsii.implements(cdk.ITaggableV2, ec2.IConnectable, iam.IGrantable)
class CompilationFleet(FleetAttributes, FleetMetrics, cdk.Resource):
    """Any number of compilation jobs, 10,000 say, as one resource and one asset.

    CloudFormation sees one resource whose id never changes; the manifest, one object in S3, tells
    the state of each job. A deployment succeeds when all jobs are COMPLETED, or, at its deadline
    of 55 minutes, when all are accepted; a ContinuousReconciliation goes on from there. A rollback
    declares the generation before again and compiles nothing that is COMPLETED.

    Job names begin with the fleet's owner, `f` and 14 characters, so that policies can name them.
    """

    @unpacked(RunArguments, FleetArguments, defaults=DEFAULTS)
    def __init__(self, scope: Construct, id: str, **arguments: Unpack[FleetArguments]) -> None:
        """Declare a fleet; its jobs follow by ``add_job``.

        Args:
            scope: The parent construct.
            id: The construct's id. Its path is part of the owner, and so of every job's name.
            **arguments: Each by its name.

        Raises:
            ConstructError: The arguments do not go together.
        """
        super().__init__(scope, id)
        path = self.node.path
        check_arguments(path, arguments)
        self.owner, suffix = fleet_owner(path)
        self.job_arn_pattern = job_arn_pattern(self.owner)
        self.output_bucket_owner = arguments.get("output_bucket_owner")
        self.state = fleet_state(self, path, self.owner, arguments)
        given = arguments.get("role")
        self.role: iam.IRole = given or job_role(self, "Role", job_arn_pattern=self.job_arn_pattern)
        self._requests = FleetRequests(self, path, self.owner, self.role, arguments)
        self._jobs, self._output = self._requests.jobs, self._requests.output
        self._upload_variables: dict[str, object] = {}
        self._document = document_asset(self, path, self._jobs, self._upload_variables)
        self.provider = FleetProvider(
            self, _PROVIDER_ID, granted=deploy_rights(self.job_arn_pattern, self.state, self.role),
            log_retention=arguments.get("log_retention", logs.RetentionDays.THREE_MONTHS),
            log_key=arguments.get("log_encryption_key"),
        )  # fmt: skip
        self.verifies = self._jobs.verifies
        if self.verifies:
            self.provider.verify_artifacts()
        self._jobs.tell_roles(self._pass_role)
        self._tags: cdk.TagManager | None = None
        properties = fleet_properties(
            path, arguments, suffix, self._document, self.state.to_property()
        )
        self._resource = cdk.CfnResource(
            self, "Resource", type=contract.FLEET_RESOURCE,
            properties={"ServiceToken": self.provider.service_token, **properties},
        )  # fmt: skip
        # Whatever an app's default is: live jobs are stopped when the fleet is deleted.
        self._resource.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        self._resource.node.add_dependency(*self._needed(path, given))
        for child, part in _PARTS.items():
            mark(f"{path}/{child}", part)

    @classmethod
    @unpacked(RunArguments, FleetArguments, defaults=DEFAULTS)
    @checked
    def from_specs(
        cls,
        scope: Construct,
        id: str,
        *,
        path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        variables: Mapping[str, object] | None = None,
        roles: Sequence[iam.IRole] = (),
        **arguments: Unpack[FleetArguments],
    ) -> Self:
        """Declare a fleet of the jobs in spec files: YAML fleets, or AWS CLI request files.

        Args:
            scope: The parent construct.
            id: The construct's id.
            path: A file or folder, or several.
            variables: Values for the specs' variables, those that they declare ``late``
                included; tokens are allowed. ``role`` and ``output`` are the fleet's role and
                output location, unless given.
            roles: Roles that specs may name by their ARNs, besides the fleet's own and those in
                ``variables``. Any other is refused, since jobs would run with its permissions.
            **arguments: Each by its name. Jobs without a role or an output location get those of
                the fleet.

        Raises ConstructError with everything that is wrong with the specs, each with its location.
        """
        fleet = cls(scope, id, **arguments)
        fleet._requests.add_specs(path, variables or {}, roles)
        return fleet

    @unpacked(ModelArguments, SourceArguments, FleetJobArguments, defaults=DEFAULTS)
    def add_job(
        self,
        name: str,
        *,
        model: ModelArtifact,
        target: Target,
        **arguments: Unpack[FleetJobArguments],
    ) -> None:
        """Declare one job of the fleet.

        Args:
            name: Its name in the fleet; part of the job's identity.
            model: The trained model.
            target: The device or platform to compile for.
            **arguments: Each by its name.

        Raises:
            ConstructError: The name is taken, or the arguments do not go together.
            InvalidJobError: Rules refuse a value; lists every finding.
        """
        self._jobs.add(name, self._requests.prepared(name, model, target, arguments))

    @property
    def job_count(self) -> int:
        """How many jobs are declared by now."""
        return len(self._jobs.names)

    @property
    def log_group(self) -> logs.ILogGroup:
        """The log group of the fleet's functions."""
        return self.provider.log_group

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of the jobs' role."""
        return self.role.grant_principal

    @property
    def connections(self) -> ec2.Connections:
        """The jobs' security groups; raises ConstructError for a fleet without a VPC."""
        return self._requests.connections

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags of every job, as `Tags.of(...)` sets them; changing tags never recompiles."""
        if self._tags is None:
            self._tags = cdk.TagManager(cdk.TagType.KEY_VALUE, contract.FLEET_RESOURCE)
            self._resource.add_property_override(contract.TAGS, self._tags.rendered_tags)
            check_tags(self, self._tags)
        return self._tags

    @checked
    def grant_read_manifest(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading the manifest."""
        return self.state.bucket.grant_read(
            grantee, f"{self.state.folder}{contract.MANIFEST_OBJECT}"
        )

    @checked
    def grant_read_artifacts(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading what the fleet's jobs compile into the fleet's own output bucket."""
        return self._output.artifacts(self._output.written).grant_read(grantee)

    # What a ContinuousReconciliation asks of its fleet.

    def _objects(self) -> RoleGrants:
        """Return the objects that a reconciler looks up; call it when the template is rendered."""
        return self._jobs.objects()

    def _rights(self) -> list[Allow]:
        """Return the permissions to reconcile this fleet's jobs, except for passing roles."""
        return pass_rights(self.job_arn_pattern, self.state)

    def _on_role_passed(self, pass_role: Callable[[str], None]) -> None:
        """Call back with every role that is passed to SageMaker, for another reconciler."""
        self._jobs.tell_roles(pass_role)

    def _go_on_after_deadline(self) -> None:
        """Let deployments succeed at their deadline with jobs pending; a schedule goes on."""
        self._resource.add_property_override(contract.CONTINUES, contract.flag(True))

    def _take_uploads(
        self, bucket: s3.IBucket, key: str, variables: Mapping[str, object] | None = None
    ) -> None:
        """Let an upload replace the jobs that are declared here.

        Args:
            bucket: The bucket of uploads.
            key: The object.
            variables: Values for the variables of what is uploaded, besides those of the specs.
        """
        self._jobs.allow_uploads()
        values = {**self._requests.variables, **(variables or {})}
        self._upload_variables.update(of_uploads(self.node.path, values))
        place = {contract.BUCKET: bucket.bucket_name, contract.KEY: key}
        self._resource.add_property_override(contract.UPLOAD, place)
        for right in upload_rights(bucket, key):
            self.provider.allow(right)

    def _metric_dimensions(self) -> dict[str, str]:
        return {metric_names.FLEET: self.owner}

    def _pass_role(self, arn: str) -> None:
        if arn != self._jobs.role_arn:  # that one is among the provider's rights
            self.provider.jobs.pass_role(arn)

    def _needed(self, path: str, given: iam.IRole | None) -> list[IDependable]:
        """Return what jobs need to run or to be stopped: created before, deleted after them."""
        needed: list[IDependable] = [self.role, *self._output.needed(), *self._requests.needed]
        if given is None or takes_policies(given):
            document = self._jobs.role_document
            needed.append(attach(self, "JobPermissions", self.role, document, path=path))
        objects = attach(
            self.provider, "Objects", self.provider.is_complete_role,
            lambda: objects_document(self._jobs.objects(), self._document),
            path=f"{path}/{_PROVIDER_ID}",
        )  # fmt: skip
        return [*needed, objects, self.provider, self.state.bucket]
