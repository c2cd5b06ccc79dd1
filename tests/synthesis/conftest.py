"""What the tests of constructs share: one synthesis for all who only read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationJob, Framework, ModelArtifact, Target
from tests.synthesis.rendering import synthesized

ONNX: dict[str, Any] = {
    "framework": Framework.ONNX,
    "data_input_config": {"data": [1, 3, 224, 224]},
}


def model(stack: cdk.Stack) -> ModelArtifact:
    """Return a model in a bucket of a plain name."""
    known = stack.node.try_find_child("Models")
    bucket = known or s3.Bucket.from_bucket_name(stack, "Models", "models")
    return ModelArtifact.from_bucket(bucket, "nets/squeezenet.tar.gz")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def plain() -> dict[str, Any]:
    """The template of the smallest job."""
    return synthesized(
        lambda stack: CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **ONNX)
    )


def full_job(stack: cdk.Stack) -> CompilationJob:
    """Return a job with a key, a network and a model of its own making."""
    isolated = ec2.SubnetType.PRIVATE_ISOLATED
    vpc = ec2.Vpc(
        stack, "Vpc", max_azs=2, nat_gateways=0,
        subnet_configuration=[ec2.SubnetConfiguration(name="Jobs", subnet_type=isolated)],
        gateway_endpoints={
            "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
        },
    )  # fmt: skip
    key = kms.Key(stack, "Key")
    bucket = s3.Bucket(
        stack, "Out", encryption_key=key, auto_delete_objects=True, enforce_ssl=True,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )  # fmt: skip
    models = s3.Bucket(stack, "In", encryption=s3.BucketEncryption.KMS)
    return CompilationJob(
        stack, "Job", model=ModelArtifact.from_bucket(models, "m.tar.gz", object_version="v1"),
        target=Target.JETSON_XAVIER, compiler_options={"gpu-code": "sm_72", "trt-ver": "7.1.3",
        "cuda-ver": "10.2"}, output_bucket=bucket, output_prefix="/neo/", vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=isolated), **ONNX,
    )  # fmt: skip


@pytest.fixture(scope="session")
def full() -> dict[str, Any]:
    """The template of a job with everything around it made in the same stack."""
    return synthesized(full_job)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file; its content does not matter to a synthesis."""
    path = tmp_path_factory.mktemp("model") / "squeezenet.onnx"
    path.write_bytes(b"weights" * 1000)
    return path
