"""What a fleet tells when it is deployed, and who may read what it makes."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from neo_constructs.fleet_state import FleetStatePlace
from neo_constructs.output import JobOutput


class FleetAttributes(cdk.Resource):
    """Attributes of a fleet, resolved by CloudFormation, and grants on its objects."""

    state: FleetStatePlace
    _resource: cdk.CfnResource
    _output: JobOutput

    @property
    def manifest_uri(self) -> str:
        """The s3:// URI of the manifest: the state of each job."""
        return self._attribute("ManifestUri")

    @property
    def completed(self) -> str:
        """How many jobs were COMPLETED when the deployment ended."""
        return self._attribute("Completed")

    @property
    def failed(self) -> str:
        """How many jobs had failed when the deployment ended."""
        return self._attribute("Failed")

    @property
    def pending(self) -> str:
        """How many jobs had not ended when the deployment did."""
        return self._attribute("Pending")

    @property
    def generation(self) -> str:
        """The number of the generation that the deployment made."""
        return self._attribute("Generation")

    @property
    def plan_digest(self) -> str:
        """A digest of the plan at the deployment's end: the same state has the same digest."""
        return self._attribute("PlanDigest")

    def grant_read_manifest(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading the manifest."""
        return self.state.bucket.grant_read(grantee, f"{self.state.folder}manifest.json")

    def grant_read_artifacts(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading what the fleet's jobs compile into the fleet's own output bucket."""
        return self._output.bucket.grant_read(grantee, f"{self._output.written}*")

    def _attribute(self, name: str) -> str:
        return cdk.Token.as_string(self._resource.get_att(name))
