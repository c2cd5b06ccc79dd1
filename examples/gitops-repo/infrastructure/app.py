"""What the repository needs in its account: a bucket, the jobs' role, the pipeline's two roles.

cdk deploy --app "python3 infrastructure/app.py"
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from neo_constructs import PipelineIdentity, PipelineRoles

ACCOUNT, REGION = "111122223333", "us-east-1"
BUCKET = f"team-neo-{ACCOUNT}"


def build(app: cdk.App) -> None:
    """Make the stack."""
    stack = cdk.Stack(app, "NeoPipeline", env=cdk.Environment(account=ACCOUNT, region=REGION))
    bucket = s3.Bucket(
        stack,
        "Models",
        bucket_name=BUCKET,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        versioned=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )
    jobs = iam.Role(
        stack,
        "Jobs",
        role_name="NeoJobs",
        assumed_by=iam.ServicePrincipal(
            "sagemaker.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        ),
    )
    bucket.grant_read(jobs, "models/*")
    bucket.grant_put(jobs, "compiled/*")
    roles = PipelineRoles(
        stack,
        "Pipeline",
        identity=PipelineIdentity.github("team/models", branch="main", environment="neo"),
        owners=["vision"],
        job_roles=[jobs],
        output_locations=[f"s3://{BUCKET}/compiled"],
        model_locations=[f"s3://{BUCKET}/models"],
    )
    cdk.CfnOutput(stack, "PlanRole", value=roles.plan_role.role_arn)
    cdk.CfnOutput(stack, "ApplyRole", value=roles.apply_role.role_arn)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
