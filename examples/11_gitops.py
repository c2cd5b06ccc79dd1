"""GitOps: the jobs are a folder of specs, and what a pipeline uploads replaces them at once.

    cdk deploy --app "python3 examples/11_gitops.py"

The specs' variable `models` is a bucket that only the deployment knows. A pipeline that runs on
each merge checks and compiles the folder and uploads it:

    neoctl validate examples/gitops && neoctl build examples/gitops > neo-specs.json
    aws s3 cp neo-specs.json s3://UPLOADS/neo-specs.json

Whoever subscribes to the topic hears what came of it.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from neo_constructs import CompilationFleet, ContinuousReconciliation

SPECS = Path(__file__).parent / "gitops"


def build(app: cdk.App) -> None:
    """Return the app: one stack for what lasts, one for the jobs."""
    lasting = cdk.Stack(app, "GitOpsBuckets")
    models = s3.Bucket(
        lasting,
        "Models",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        versioned=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )
    uploads = s3.Bucket(
        lasting,
        "Uploads",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        versioned=True,
        event_bridge_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )
    stack = cdk.Stack(app, "GitOps")
    fleet = CompilationFleet.from_specs(
        stack, "Vision", path=SPECS, variables={"models": models.bucket_name}
    )
    topic = sns.Topic(stack, "Changes", enforce_ssl=True)
    ContinuousReconciliation(stack, "Keeper", fleet=fleet, upload_bucket=uploads, topic=topic)
    cdk.CfnOutput(lasting, "ModelsIn", value=models.bucket_name)
    cdk.CfnOutput(lasting, "UploadTo", value=uploads.s3_url_for_object("neo-specs.json"))
    cdk.CfnOutput(stack, "Manifest", value=fleet.manifest_uri)
    cdk.CfnOutput(stack, "Changed", value=topic.topic_arn)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
