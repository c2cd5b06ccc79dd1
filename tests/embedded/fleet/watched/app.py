"""The app of the schedule's end-to-end test: whatever it tells ends in a queue of its own."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from neo_constructs import (
    CompilationFleet,
    ContinuousReconciliation,
    Framework,
    ModelArtifact,
    Target,
)

app = cdk.App()
stack = cdk.Stack(app, "Watched")
fleet = CompilationFleet(stack, "Fleet")
model = ModelArtifact.from_asset(app.node.try_get_context("model"))
for target in (Target.ML_C5, Target.LINUX_ARM64):
    fleet.add_job(
        f"net/{target.label}", model=model, target=target, framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]},
    )  # fmt: skip
by_topic, by_bus = sqs.Queue(stack, "ByTopic"), sqs.Queue(stack, "ByBus")
topic, bus = sns.Topic(stack, "Changes"), events.EventBus(stack, "Bus")
topic.add_subscription(subscriptions.SqsSubscription(by_topic, raw_message_delivery=True))
events.Rule(
    stack, "Heard", event_bus=bus, targets=[targets.SqsQueue(by_bus)],
    event_pattern=events.EventPattern(source=["neo-as-code"]),
)  # fmt: skip
uploads = s3.Bucket(
    stack, "Uploads", event_bridge_enabled=True, removal_policy=cdk.RemovalPolicy.RETAIN
)
keeper = ContinuousReconciliation(
    stack, "Keeper", fleet=fleet, topic=topic, event_bus=bus, upload_bucket=uploads,
    schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
)  # fmt: skip
for name, value in {
    "Manifest": fleet.manifest_uri, "Uploads": uploads.bucket_name, "ByTopic": by_topic.queue_url,
    "ByBus": by_bus.queue_url, "DeadLetters": keeper.dead_letter_queue.queue_url,
    "Function": keeper.function.function_name, "LogGroup": keeper.log_group.log_group_name,
}.items():  # fmt: skip
    cdk.CfnOutput(stack, f"{name}Out", value=value)
app.synth()
