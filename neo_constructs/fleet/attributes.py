"""What a deployment answers about a fleet, for outputs and other resources."""

from __future__ import annotations

import aws_cdk as cdk

from neo_constructs.synth.errors import ConstructError
from reconciler.core import contract


class FleetAttributes:
    """The attributes of `Custom::NeoCompilationFleet`, as tokens."""

    _resource: cdk.CfnResource
    verifies: bool

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
    def unverified(self) -> str:
        """How many jobs' artifacts were not what was ordered when the deployment ended; raises
        ConstructError for a fleet without ``verify``.
        """
        if not self.verifies:
            path = self._resource.node.path
            raise ConstructError(path, "artifacts are not verified; give verify=Verify.WARN")
        return self._attribute(contract.UNVERIFIED)

    @property
    def generation(self) -> str:
        """The number of the generation that the deployment made."""
        return self._attribute(contract.GENERATION)

    @property
    def plan_digest(self) -> str:
        """A digest of the plan at the deployment's end: the same state has the same digest."""
        return self._attribute(contract.PLAN_DIGEST)

    def _attribute(self, name: str) -> str:
        return cdk.Token.as_string(self._resource.get_att(name))
