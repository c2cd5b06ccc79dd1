"""Uses of a compiled artifact: a SageMaker model in the cloud, a component at the edge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from aws_cdk import aws_greengrassv2 as greengrass
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from neo_constructs.governance.parts import Part, mark
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.job.compilation_job import CompilationJob
from neo_constructs.request.argument_types import checked
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import own_arn, own_region, partition
from neo_constructs.synth.tokens import is_token
from neo_constructs.synth.unpacked_signature import signed

_VERSION: Final = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?", re.ASCII)
_PULL: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)


@signed
class CompiledModel(Construct):
    """A SageMaker model of what a job compiled for a cloud target, ready for an endpoint.

    The serving image is the one that Neo names for the job (`InferenceImage`). A new compilation
    makes a new model, and the old one goes with CloudFormation's cleanup.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        job: CompilationJob,
        environment: Mapping[str, str] | None = None,
        role: iam.IRole | None = None,
        network_isolation: bool = True,
    ) -> None:
        """Declare the model.

        Args:
            scope: The parent construct.
            id: The construct's id.
            job: A job for a cloud target (`ml_*`) that the deployment waits for.
            environment: Variables of the serving container.
            role: The role that SageMaker runs the model with; what it needs is added to it.
                Default: a role of the model's own.
            network_isolation: Whether the container has no network of its own.

        Raises:
            ConstructError: The job compiles for the edge, or has wait=False.
        """
        super().__init__(scope, id)
        _refuse_unusable(self.node.path, job, is_cloud=True)
        self.role: iam.IRole = role or iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
        )
        grantee = job.provider.grantee_after_jobs(self.role, job.role)
        reading = [right.grant_to(grantee) for right in job.artifacts.read()]
        for right in _serve():
            self.role.add_to_principal_policy(right.statement())
        mark(self.node.path, Part.MODEL)
        self.model = sagemaker.CfnModel(
            self, "Resource", execution_role_arn=self.role.role_arn,
            enable_network_isolation=network_isolation,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=job.compilation_job_inference_image,
                model_data_url=job.compilation_job_artifacts_uri,
                environment=dict(environment) if environment else None,
            ),
        )  # fmt: skip
        self.model.node.add_dependency(self.role)
        for grant in reading:
            grant.apply_before(self.model)

    @property
    def model_name(self) -> str:
        """The model's name, for an endpoint configuration."""
        return self.model.attr_model_name


@signed
class CompiledComponent(Construct):
    """A Greengrass v2 component that delivers a compiled artifact to devices, and runs nothing.

    Other components depend on it and find the artifact in its folder. The core devices' token
    exchange role needs to read it: ``job.grant_read_artifacts(role)``.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        job: CompilationJob,
        component_name: str,
        component_version: str,
        description: str = "A model compiled by SageMaker Neo",
    ) -> None:
        """Declare the component.

        Args:
            scope: The parent construct.
            id: The construct's id.
            job: A job that the deployment waits for.
            component_name: As Greengrass knows it, `com.example.models.squeezenet`.
            component_version: `1.0.0`; a new compilation needs a new one, since versions of
                components are immutable.
            description: For people.

        Raises:
            ConstructError: The job has wait=False, or the version is not a semantic one.
        """
        super().__init__(scope, id)
        _refuse_unusable(self.node.path, job, is_cloud=False)
        if not is_token(component_version) and not _VERSION.fullmatch(component_version):
            raise ConstructError(
                self.node.path,
                f"component_version is {component_version!r}; allowed is a semantic version, as "
                '"1.0.0"',
            )
        recipe = {
            "RecipeFormatVersion": "2020-01-25",
            "ComponentName": component_name,
            "ComponentVersion": component_version,
            "ComponentDescription": description,
            "ComponentPublisher": "SageMaker Neo",
            "Manifests": [
                {
                    "Platform": {"os": "*"},
                    "Artifacts": [
                        {
                            "Uri": job.compilation_job_artifacts_uri,
                            "Permission": {"Read": "ALL"},
                            "Unarchive": "NONE",
                        }
                    ],
                }
            ],
        }
        # The only token is an s3:// URI, which needs no escaping, so plain JSON will do.
        self.component = greengrass.CfnComponentVersion(
            self, "Resource", inline_recipe=json.dumps(recipe)
        )

    @property
    def component_arn(self) -> str:
        """The component version's ARN."""
        return self.component.ref


def _serve() -> Iterator[Allow]:
    """Allow pulling the serving image, from AWS's own account in each region, and logs
    (developer guide, "SageMaker AI Roles", CreateModel).
    """
    yield allow(_PULL, [f"arn:{partition()}:ecr:{own_region()}:*:repository/*"])
    yield allow(["ecr:GetAuthorizationToken"], ["*"])  # the API has no narrower resource
    yield allow(
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        [own_arn("logs", "log-group:/aws/sagemaker/Endpoints/*")],
    )


def _refuse_unusable(path: str, job: CompilationJob, *, is_cloud: bool) -> None:
    if not isinstance(job, CompilationJob):
        raise ConstructError(
            path,
            f"job is {job!r}; allowed is a CompilationJob of this app, since the target of an "
            "imported job is unknown",
        )
    if not job.waits:
        raise ConstructError(
            path,
            f"the deployment does not wait for {job.node.path}, so its artifact is unknown when "
            "this is created; leave out its wait=False",
        )
    if is_cloud and not job.target.is_cloud:
        raise ConstructError(
            path,
            f"{job.node.path} compiles for {job.target.label or 'the edge'}; SageMaker serves "
            "only what is compiled for its instances (Target.ML_C5 and the other ML_ targets)",
        )
