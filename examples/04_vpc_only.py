"""Jobs that can reach nothing but S3: isolated subnets, a gateway endpoint, a key of one's own.

    cdk deploy --app "python3 examples/04_vpc_only.py"

The endpoint lets requests through only to the model and the bucket that the job uses, and the
bucket takes writes only from that endpoint.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationJob,
    CompilationNetwork,
    Framework,
    ModelArtifact,
    Target,
)

MODELS = Path(__file__).parent / "models"


def build(app: cdk.App) -> None:
    """Return the whole app."""
    stack = cdk.Stack(app, "VpcOnly")
    isolated = ec2.SubnetType.PRIVATE_ISOLATED
    vpc = ec2.Vpc(
        stack,
        "Network",
        max_azs=2,
        nat_gateways=0,
        subnet_configuration=[ec2.SubnetConfiguration(name="Jobs", subnet_type=isolated)],
    )
    network = CompilationNetwork(stack, "JobNetwork", vpc=vpc)
    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=cdk.RemovalPolicy.DESTROY)
    artifacts = s3.Bucket(
        stack,
        "Artifacts",
        encryption_key=key,
        bucket_key_enabled=True,
        versioned=True,
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )
    model = ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx")
    network.restrict_s3_to(model, artifacts)
    network.require_for_writes_to(artifacts)
    job = CompilationJob(
        stack,
        "TinyCnn",
        model=model,
        framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]},
        target=Target.LINUX_ARM64,
        output_bucket=artifacts,
        vpc=network.vpc,
        vpc_subnets=network.vpc_subnets,
        security_groups=[network.security_group],
    )
    cdk.CfnOutput(stack, "Artifact", value=job.compilation_job_artifacts_uri)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
