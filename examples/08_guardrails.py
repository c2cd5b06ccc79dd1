"""Guardrails: an organisation's policy, and rule packs with a reason for each finding.

    cdk deploy --app "python3 examples/08_guardrails.py"

The policy (08_guardrails.json) is judged over the whole app at synthesis, and again by the Lambda
when deploy-time values are known. cdk-nag, if it is installed, finds nothing that has no reason.
"""

from importlib.util import find_spec
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    AcknowledgedFindings,
    CompilationJob,
    Framework,
    ModelArtifact,
    OrganisationPolicy,
    Target,
)

HERE = Path(__file__).parent


def build(app: cdk.App) -> None:
    """Return the whole app."""
    OrganisationPolicy.from_file(HERE / "08_guardrails.json").apply_to(app)
    cdk.Aspects.of(app).add(AcknowledgedFindings())
    if find_spec("cdk_nag") is not None:
        from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks

        packs = (AwsSolutionsChecks(app), HIPAASecurityChecks(app), NIST80053R5Checks(app))
        cdk.Validations.of(app).add_plugins(*packs)
    stack = cdk.Stack(app, "Guardrails")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    artifacts = s3.Bucket(
        stack,
        "Artifacts",
        encryption_key=key,
        versioned=True,
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
    )
    acknowledge_bucket(artifacts)
    job = CompilationJob(
        stack,
        "TinyCnn",
        model=ModelArtifact.from_asset(HERE / "models" / "tiny-cnn.onnx"),
        framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]},
        target=Target.ML_C5,
        output_bucket=artifacts,
    )
    cdk.Tags.of(job).add("team", "vision")


def acknowledge_bucket(bucket: s3.Bucket) -> None:
    """Return the app's own reasons, for the app's own bucket."""
    reasons = {
        "AwsSolutions-S1": "CloudTrail's data events record access to this bucket.",
        "HIPAA.Security-S3BucketLoggingEnabled": "CloudTrail's data events record access.",
        "HIPAA.Security-S3BucketReplicationEnabled": "Artifacts can be compiled again.",
        "NIST.800.53.R5-S3BucketLoggingEnabled": "CloudTrail's data events record access.",
        "NIST.800.53.R5-S3BucketReplicationEnabled": "Artifacts can be compiled again.",
    }
    for rule, reason in reasons.items():
        pack = rule.rpartition("-")[0]
        cdk.Validations.of(bucket).acknowledge(
            cdk.Acknowledgment(id=f"{pack}::{rule}", reason=reason)
        )


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
