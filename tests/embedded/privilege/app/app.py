"""A job, a fleet and its schedule, in one stack."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ContinuousReconciliation,
    Framework,
    ModelArtifact,
    Target,
)

app = cdk.App(analytics_reporting=False)
stack = cdk.Stack(app, "Enforced")
model = ModelArtifact.from_asset(app.node.get_context("model"))
network: dict[str, Any] = {
    "framework": Framework.ONNX,
    "data_input_config": {"data": [1, 3, 32, 32]},
}
job = CompilationJob(stack, "Job", model=model, target=Target.ML_C5, **network)
fleet = CompilationFleet(stack, "Fleet", prune=True)
for target in (Target.ML_C5, Target.LINUX_ARM64):
    fleet.add_job(target.label, model=model, target=target, **network)
keep = ContinuousReconciliation(
    stack, "Keep", fleet=fleet, refresh=True, topic=sns.Topic(stack, "Topic", enforce_ssl=True),
    event_bus=events.EventBus(stack, "Bus"), schedule=events.Schedule.rate(cdk.Duration.days(1)),
    upload_bucket=s3.Bucket(stack, "Uploads", enforce_ssl=True),
)  # fmt: skip
cdk.CfnOutput(stack, "Schedule", value=keep.function.function_name)
cdk.CfnOutput(stack, "Manifest", value=fleet.manifest_uri)
for key, value in json.loads(app.node.try_get_context("tags") or "{}").items():
    cdk.Tags.of(stack).add(key, value)
app.synth()
