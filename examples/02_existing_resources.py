"""A model that is in S3 already, with buckets, key and role that other teams own.

    cdk deploy --app "python3 examples/02_existing_resources.py"
        -c models=my-models -c artifacts=my-artifacts -c key=arn:aws:kms:…:key/…

The object's version is declared: Neo always reads the current object, so the reconciler compares
it with the declaration before it creates a job.
"""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationJob, Framework, ModelArtifact, Target

EXAMPLE_KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"


def build(app: cdk.App) -> None:
    """Return the whole app."""
    stack = cdk.Stack(app, "ExistingResources")
    context = app.node.try_get_context
    models = s3.Bucket.from_bucket_name(stack, "Models", context("models") or "my-models")
    artifacts = s3.Bucket.from_bucket_name(
        stack, "Artifacts", context("artifacts") or "my-artifacts"
    )
    job = CompilationJob(
        stack,
        "TinyCnn",
        model=ModelArtifact.from_bucket(
            models,
            "vision/tiny-cnn.tar.gz",
            object_version=context("version") or "example-version",
        ),
        framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]},
        target=Target.ML_C5,
        output_bucket=artifacts,
        output_prefix="vision/tiny-cnn",
        encryption_key=kms.Key.from_key_arn(stack, "Key", context("key") or EXAMPLE_KEY),
        max_runtime=cdk.Duration.minutes(30),
        removal_policy=cdk.RemovalPolicy.RETAIN,  # finished jobs stay on record
    )
    cdk.Tags.of(job).add("team", "vision")
    cdk.CfnOutput(stack, "Artifact", value=job.compilation_job_artifacts_uri)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
