"""The app of the fleet's end-to-end test: one small network, a schedule, an upload bucket."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from neo_constructs import (
    CompilationFleet,
    ContinuousReconciliation,
    FleetAlarms,
    Framework,
    ModelArtifact,
    NeoDashboard,
    Target,
)

app = cdk.App()
stack = cdk.Stack(app, "FleetUnderTest")
size = int(app.node.try_get_context("size") or 32)
fleet = CompilationFleet(stack, "Fleet")
models = s3.Bucket(stack, "Uploads", removal_policy=cdk.RemovalPolicy.RETAIN)
artifact = ModelArtifact.from_asset(app.node.try_get_context("model"))
for target in (Target.ML_C5, Target.LINUX_ARM64):
    fleet.add_job(
        f"net/{target.label}", model=artifact, target=target, framework=Framework.ONNX,
        data_input_config={"data": [1, 3, size if target is Target.ML_C5 else 32, 32]},
    )  # fmt: skip
if app.node.try_get_context("broken"):
    fleet.add_job(
        "broken", model=artifact, target=Target.ML_C5, framework=Framework.ONNX,
        data_input_config={"no_such_input": [1, 3, 32, 32]},
    )  # fmt: skip
keeper = ContinuousReconciliation(
    stack, "Keeper", fleet=fleet, topic=sns.Topic(stack, "Changes"), upload_bucket=models
)
FleetAlarms(stack, "Alarms", fleet=fleet, reconciliation=keeper)
NeoDashboard(stack, "Dashboard", fleets=[fleet])
for name, value in {
    "Manifest": fleet.manifest_uri, "Completed": fleet.completed,
    "Function": keeper.function.function_name, "Uploads": models.bucket_name,
}.items():  # fmt: skip
    cdk.CfnOutput(stack, f"{name}Out", value=value)
app.synth()
