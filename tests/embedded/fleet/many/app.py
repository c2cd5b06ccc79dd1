"""The app of the thousand: one tiny network, as many jobs as asked for, a schedule of a minute."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
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
context = app.node.try_get_context
stack = cdk.Stack(app, "Thousand")
fleet = CompilationFleet(stack, "Fleet", deadline=cdk.Duration.minutes(int(context("minutes"))))
model = ModelArtifact.from_asset(context("model"))
changed = {int(number) for number in str(context("changed") or "").split(",") if number}
for number in range(int(context("count"))):
    size = 48 if number in changed else 32
    fleet.add_job(
        f"net-{number:04d}", model=model, target=Target.ML_C5, framework=Framework.ONNX,
        data_input_config={"data": [1, 3, size, size]},
    )  # fmt: skip
if context("broken"):
    fleet.add_job(
        "broken", model=model, target=Target.ML_C5, framework=Framework.ONNX,
        data_input_config={"no_such_input": [1, 3, 32, 32]},
    )  # fmt: skip
notices = sqs.Queue(stack, "Notices")
topic = sns.Topic(stack, "Changes")
topic.add_subscription(subscriptions.SqsSubscription(notices, raw_message_delivery=True))
keeper = ContinuousReconciliation(
    stack, "Keeper", fleet=fleet, topic=topic,
    schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
)  # fmt: skip
for name, value in {
    "Manifest": fleet.manifest_uri, "Completed": fleet.completed, "Notices": notices.queue_url,
}.items():  # fmt: skip
    cdk.CfnOutput(stack, f"{name}Out", value=value)
app.synth()
