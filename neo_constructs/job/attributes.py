"""What a deployment answers about a job, for outputs and other resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neo_constructs.synth.errors import ConstructError
from reconciler.core import contract


class JobAttributes:
    """The attributes of `Custom::NeoCompilationJob`, as tokens."""

    verifies: bool
    _path: str

    if TYPE_CHECKING:  # of cdk.CustomResource

        def get_att_string(self, attribute_name: str) -> str: ...
        @property
        def ref(self) -> str: ...

    @property
    def compilation_job_name(self) -> str:
        """The job's name: owner, slug, identity and, from the second attempt on, the attempt."""
        return self.get_att_string(contract.JOB_NAME)

    @property
    def compilation_job_arn(self) -> str:
        """The job's ARN."""
        return self.get_att_string(contract.JOB_ARN)

    @property
    def compilation_job_status(self) -> str:
        """The job's status when the deployment ended: COMPLETED unless it did not wait."""
        return self.get_att_string(contract.JOB_STATUS)

    @property
    def compilation_job_artifacts_uri(self) -> str:
        """The compiled artifact's s3:// URI; empty if the deployment did not wait."""
        return self.get_att_string(contract.ARTIFACT_URI)

    @property
    def compilation_job_artifact_digest(self) -> str:
        """The artifact's BLAKE2 digest, as the service reports it; may be empty."""
        return self.get_att_string(contract.ARTIFACT_DIGEST)

    @property
    def compilation_job_inference_image(self) -> str:
        """The serving image for cloud targets; empty for the edge."""
        return self.get_att_string(contract.INFERENCE_IMAGE)

    @property
    def compilation_job_artifact_findings(self) -> str:
        """What is wrong with the artifact, empty if nothing is; raises ConstructError for a job
        without ``verify``.
        """
        if not self.verifies:
            raise ConstructError(self._path, "artifacts are not verified; give verify=Verify.WARN")
        return self.get_att_string(contract.ARTIFACT_FINDINGS)

    @property
    def compilation_job_identity(self) -> str:
        """The job's name without attempt: the folder of its artifacts, and CloudFormation's Ref."""
        return self.ref
