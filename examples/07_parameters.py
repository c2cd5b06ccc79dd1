"""Values that only the deployment knows: CloudFormation parameters, and another stack's exports.

    cdk deploy --app "python3 examples/07_parameters.py" --parameters Height=64

Any argument may be such a value. It is checked by the same rules as a literal one, by the Lambda,
before a job is created.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationJob, DataInputConfig, Framework, ModelArtifact, Target

MODELS = Path(__file__).parent / "models"


def build(app: cdk.App) -> None:
    """Return the app: one stack for what lasts, one for the jobs."""
    lasting = cdk.Stack(app, "Lasting")
    artifacts = s3.Bucket(
        lasting,
        "Artifacts",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )
    stack = cdk.Stack(app, "Parameters")
    height = cdk.CfnParameter(stack, "Height", type="Number", default=32, min_value=1)
    device = cdk.CfnParameter(stack, "Device", default="ml_c5")
    job = CompilationJob(
        stack,
        "TinyCnn",
        model=ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx"),
        framework=Framework.ONNX,
        data_input_config=DataInputConfig.named({"data": [1, 3, height.value_as_number, 32]}),
        target=Target.device(device.value_as_string),
        output_bucket=artifacts,
    )
    cdk.CfnOutput(stack, "Artifact", value=job.compilation_job_artifacts_uri)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
