"""What becomes of a compiled artifact: a model for an endpoint, a component for devices."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from neo_constructs import CompilationJob, CompiledComponent, CompiledModel, ConstructError, Target
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import JOB, Resolver, of_type, only, template_of


def new_stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(analytics_reporting=False), "S")


def job(stack: cdk.Stack, **changes: Any) -> CompilationJob:
    arguments = {"model": model(stack), "target": Target.ML_C5, **ONNX, **changes}
    return CompilationJob(stack, "Job", **arguments)


def test_a_model_serves_the_artifact_with_the_image_that_neo_names() -> None:
    stack = new_stack()
    CompiledModel(stack, "Model", job=job(stack), environment={"LOG_LEVEL": "info"})
    template = template_of(stack)
    [made] = of_type(template, JOB)
    Template.from_json(template).has_resource_properties(
        "AWS::SageMaker::Model",
        {
            "EnableNetworkIsolation": True,
            "PrimaryContainer": {
                "Image": {"Fn::GetAtt": [made, "InferenceImage"]},
                "ModelDataUrl": {"Fn::GetAtt": [made, "S3ModelArtifacts"]},
                "Environment": {"LOG_LEVEL": "info"},
            },
        },
    )
    waits_for = only(template, "AWS::SageMaker::Model")["DependsOn"]
    assert any(name.startswith("ModelRoleDefaultPolicy") for name in waits_for)


def test_the_models_role_reads_this_jobs_artifacts_only() -> None:
    stack = new_stack()
    CompiledModel(stack, "Model", job=job(stack))
    template = template_of(stack)
    [policy] = [
        item for name, item in of_type(template, "AWS::IAM::Policy").items()
        if name.startswith("Model")
    ]  # fmt: skip
    [made] = of_type(template, JOB)
    reads = {
        statement["Action"]: Resolver().resolve(statement["Resource"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if str(statement["Action"]).startswith("s3:")
    }
    [bucket] = of_type(template, "AWS::S3::Bucket")
    arn = f"value-of-{bucket}.Arn"
    assert reads == {"s3:GetObject": f"{arn}/compiled/value-of-{made}/*"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": Target.LINUX_ARM64}, r"\[S/Model\] S/Job compiles for LINUX_ARM64; SageMaker"),
        ({"wait": False}, r"\[S/Model\] the deployment does not wait for S/Job"),
    ],
)
def test_a_job_that_gives_no_model_is_refused(changes: dict[str, Any], message: str) -> None:
    stack = new_stack()
    made = job(stack, **changes)
    with pytest.raises(ConstructError, match=message):
        CompiledModel(stack, "Model", job=made)


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "latest", ""])
def test_a_component_version_that_greengrass_refuses_is_refused(version: str) -> None:
    stack = new_stack()
    made = job(stack, target=Target.LINUX_ARM64)
    with pytest.raises(ConstructError, match=r"\[S/Component\] component_version is .*semantic"):
        CompiledComponent(
            stack, "Component", job=made, component_name="net", component_version=version
        )


def test_a_component_brings_the_artifact_to_devices() -> None:
    stack = new_stack()
    CompiledComponent(
        stack, "Component", job=job(stack, target=Target.LINUX_ARM64),
        component_name="com.example.net", component_version="1.0.0",
    )  # fmt: skip
    template = template_of(stack)
    [made] = of_type(template, JOB)
    uri = "s3://out/compiled/net-LINUX_ARM64.tar.gz"
    text = Resolver({f"{made}.S3ModelArtifacts": uri}).resolve(
        only(template, "AWS::GreengrassV2::ComponentVersion")["Properties"]["InlineRecipe"]
    )
    recipe = json.loads(text)
    assert recipe["ComponentName"] == "com.example.net"
    assert recipe["Manifests"][0]["Artifacts"][0]["Uri"] == uri
