"""A fleet: any number of jobs as one resource, kept right by a schedule, seen on a dashboard.

    cdk deploy --app "python3 examples/10_fleet.py" -c copies=300

CloudFormation sees one resource and one asset. The manifest, one object in S3, tells each job's
state. What is not done after 55 minutes is gone on with by the schedule.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.aws_cloudwatch_actions import SnsAction

from neo_constructs import (
    CompilationFleet,
    ContinuousReconciliation,
    FleetAlarms,
    Framework,
    ModelArtifact,
    NeoDashboard,
    OnFailure,
    Target,
)

MODELS = Path(__file__).parent / "models"
TARGETS = (Target.ML_C5, Target.LINUX_ARM64, Target.RASP4B)


def build(app: cdk.App) -> None:
    """Return the whole app."""
    stack = cdk.Stack(app, "Fleet")
    copies = int(app.node.try_get_context("copies") or 1)
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    fleet = CompilationFleet(
        stack,
        "Vision",
        encryption_key=key,
        state_encryption_key=key,
        on_failure=OnFailure.CONTINUE,
        max_runtime=cdk.Duration.minutes(30),
    )
    cdk.Tags.of(fleet).add("team", "vision")
    model = ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx")
    for target in TARGETS:
        for copy in range(copies):
            fleet.add_job(
                f"tiny-cnn-{copy}/{target.label}",
                model=model,
                framework=Framework.ONNX,
                data_input_config={"data": [1, 3, 32, 32]},
                target=target,
            )
    topic = sns.Topic(stack, "Changes", master_key=key, enforce_ssl=True)
    alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
    key.grant_encrypt_decrypt(alarms)
    topic.grant_publish(alarms)
    keeper = ContinuousReconciliation(stack, "Keeper", fleet=fleet, topic=topic)
    FleetAlarms(stack, "Alarms", fleet=fleet, reconciliation=keeper, actions=[SnsAction(topic)])
    NeoDashboard(stack, "Dashboard", fleets=[fleet])
    cdk.CfnOutput(stack, "Manifest", value=fleet.manifest_uri)
    cdk.CfnOutput(stack, "Failed", value=fleet.failed)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
