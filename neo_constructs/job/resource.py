"""The custom resource of one compilation job: its properties, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.job_properties import removal_policy_property, setting_properties
from reconciler.core import contract


class JobResource(cdk.CustomResource):
    """A `Custom::NeoCompilationJob`.

    It is CDK's CustomResource itself, not a construct around one, because every construct that is
    asked of jsii costs a millisecond, and stacks have hundreds of jobs. So its CfnResource is
    called ``Default``, and is always deleted with the stack: what that means for the job is
    decided by the property RemovalPolicy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        path: str,
        service_token: str,
        declared: Mapping[str, object],
        removal_policy: cdk.RemovalPolicy,
        wait: bool,
        output_bucket_owner: str | None,
    ) -> None:
        super().__init__(
            scope, id, resource_type=contract.JOB_RESOURCE, service_token=service_token,
            service_timeout=_service_timeout(),
            properties={
                **declared,
                **setting_properties(path, removal_policy, wait, output_bucket_owner),
            },
        )  # fmt: skip
        self._path = path
        self._tags: cdk.TagManager | None = None

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
    def compilation_job_identity(self) -> str:
        """The job's name without attempt: the folder of its artifacts, and CloudFormation's Ref."""
        return self.ref

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """What `Tags.of(...)` puts on the job; changing tags never recompiles."""
        if self._tags is None:  # most jobs are never tagged, and a manager costs a millisecond
            self._tags = cdk.TagManager(cdk.TagType.KEY_VALUE, contract.JOB_RESOURCE)
            self._override({contract.TAGS: self._tags.rendered_tags})
        return self._tags

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Decide whether finished jobs' records are kept: RETAIN or DESTROY."""
        check_arguments(self._path, {"removal_policy": policy})
        self._override({contract.REMOVAL_POLICY: removal_policy_property(self._path, policy)})

    @property
    def _resource(self) -> cdk.CfnResource:
        resource = self.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        return resource

    def _override(self, properties: Mapping[str, Any]) -> None:
        resource = self._resource
        for name, value in properties.items():
            resource.add_property_override(name, value)


@cache
def _service_timeout() -> cdk.Duration:
    return cdk.Duration.seconds(contract.SERVICE_TIMEOUT.total_seconds())
