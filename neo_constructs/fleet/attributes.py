"""Attributes of a deployed fleet, and grants on its objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from neo_constructs.fleet.jobs import FleetJobs
from neo_constructs.fleet.permissions import pass_rights, upload_rights
from neo_constructs.fleet.provider import FleetProvider
from neo_constructs.fleet.state import FleetStatePlace
from neo_constructs.iam.role_grants import RoleGrants
from neo_constructs.iam.statements import Allow
from neo_constructs.request.output import JobOutput, grant_read
from reconciler.core import contract


class FleetAttributes(cdk.Resource):
    """Attributes of a fleet, resolved by CloudFormation, and grants on its objects."""

    state: FleetStatePlace
    provider: FleetProvider
    role: iam.IRole
    job_arn_pattern: str
    _resource: cdk.CfnResource
    _output: JobOutput
    _jobs: FleetJobs
    _tags: cdk.TagManager | None = None
    _named: dict[str, object]
    _for_uploads: dict[str, object]

    @property
    def manifest_uri(self) -> str:
        """The s3:// URI of the manifest: the state of each job."""
        return self._attribute(contract.MANIFEST_URI)

    @property
    def completed(self) -> str:
        """How many jobs were COMPLETED when the deployment ended."""
        return self._attribute(contract.COMPLETED)

    @property
    def failed(self) -> str:
        """How many jobs had failed when the deployment ended."""
        return self._attribute(contract.FAILED)

    @property
    def pending(self) -> str:
        """How many jobs had not ended when the deployment did."""
        return self._attribute(contract.PENDING)

    @property
    def generation(self) -> str:
        """The number of the generation that the deployment made."""
        return self._attribute(contract.GENERATION)

    @property
    def plan_digest(self) -> str:
        """A digest of the plan at the deployment's end: the same state has the same digest."""
        return self._attribute(contract.PLAN_DIGEST)

    def grant_read_manifest(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading the manifest."""
        return self.state.bucket.grant_read(
            grantee, f"{self.state.folder}{contract.MANIFEST_OBJECT}"
        )

    def grant_read_artifacts(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading what the fleet's jobs compile into the fleet's own output bucket."""
        output = self._output
        return grant_read(output.bucket, output.key, grantee, f"{output.written}*")

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """What `Tags.of(...)` puts on every job; changing tags never recompiles."""
        if self._tags is None:
            self._tags = cdk.TagManager(cdk.TagType.KEY_VALUE, contract.FLEET_RESOURCE)
            self._resource.add_property_override(contract.TAGS, self._tags.rendered_tags)
        return self._tags

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of the jobs' role."""
        return self.role.grant_principal

    @property
    def log_group(self) -> logs.ILogGroup:
        """Where the fleet's functions log, and their metrics come from."""
        return self.provider.log_group

    def objects(self) -> RoleGrants:
        """Return the objects that a reconciler looks up; call it when the template is rendered."""
        return self._jobs.objects()

    def rights(self) -> list[Allow]:
        """Return the permissions to reconcile this fleet's jobs, except for passing roles."""
        return pass_rights(self.job_arn_pattern, self.state)

    def go_on_after_deadline(self) -> None:
        """Let deployments succeed at their deadline with jobs pending; a schedule goes on."""
        self._resource.add_property_override(contract.CONTINUES, contract.flag(True))

    def take_uploads(
        self, bucket: s3.IBucket, key: str, variables: Mapping[str, object] | None = None
    ) -> None:
        """Let an upload replace the jobs that are declared here.

        Args:
            bucket: Where.
            key: The object.
            variables: Values for the variables of what is uploaded, besides those of the specs.
        """
        self._for_uploads.update({**self._named, **(variables or {})})
        place = {contract.BUCKET: bucket.bucket_name, contract.KEY: key}
        self._resource.add_property_override(contract.UPLOAD, place)
        for right in upload_rights(bucket, key):
            self.provider.allow(right)

    def on_role_passed(self, pass_role: Callable[[str], None]) -> None:
        """Call back with every role that is passed to SageMaker, for another reconciler."""
        self._jobs.tell_roles(pass_role)

    def _attribute(self, name: str) -> str:
        return cdk.Token.as_string(self._resource.get_att(name))
