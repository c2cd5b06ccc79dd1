"""A platform: a folder of specs in git, a pipeline, two accounts.

    cdk deploy --app "python3 examples/12_platform.py" Platform
        -c repository=my-org/models -c connection=arn:aws:codeconnections:…
        -c dev=111111111111 -c prod=222222222222 -c models=my-trained-models

A merge runs the pipeline: it validates the specs, synthesizes this app, deploys the fleet into the
development account and, after somebody's approval, into production. Between two merges each
account keeps its fleet as deployed, and tells of what it had to do. The organisation's policy
(12_platform.json) holds for every job of both.

The stages are stacks as any other, so a developer can deploy one without the pipeline:
`cdk deploy --app … "Dev/*"`. (The embedded AWS has no CodePipeline; its tests do just that.)
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import pipelines
from constructs import Construct

from neo_constructs import (
    AcknowledgedFindings,
    CompilationFleet,
    ContinuousReconciliation,
    FleetAlarms,
    NeoDashboard,
    OnFailure,
    OrganisationPolicy,
)

HERE = Path(__file__).parent
SPECS = HERE / "platform"
CONNECTION = "arn:aws:codeconnections:us-east-1:333333333333:connection/11111111-2222-3333"


class Models(cdk.Stage):
    """What one account runs: a fleet, its schedule, and whoever has to know."""

    def __init__(
        self, scope: Construct, id: str, *, models: str, is_production: bool, **kwargs: Any
    ) -> None:
        super().__init__(scope, id, **kwargs)
        stack = cdk.Stack(self, "Models")
        key = kms.Key(stack, "Key", enable_key_rotation=True)
        fleet = CompilationFleet.from_specs(
            stack,
            "Vision",
            path=SPECS,
            variables={"models": models, "key": key.key_arn},
            encryption_key=key,
            state_encryption_key=key,
            # One model that does not compile must not keep the others from production.
            on_failure=OnFailure.CONTINUE if is_production else OnFailure.FAIL,
            retries=2 if is_production else 0,
        )
        cdk.Tags.of(fleet).add("team", "vision")
        topic = sns.Topic(stack, "Changes", master_key=key, enforce_ssl=True)
        alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        key.grant_encrypt_decrypt(alarms)
        topic.grant_publish(alarms)
        keeper = ContinuousReconciliation(
            stack, "Keeper", fleet=fleet, topic=topic, refresh=is_production
        )
        FleetAlarms(
            stack,
            "Alarms",
            fleet=fleet,
            reconciliation=keeper,
            actions=[actions.SnsAction(topic)],
        )
        NeoDashboard(stack, "Dashboard", fleets=[fleet])
        cdk.CfnOutput(stack, "Manifest", value=fleet.manifest_uri)
        cdk.CfnOutput(stack, "Changed", value=topic.topic_arn)
        AcknowledgedFindings().apply_to(self)


def build(app: cdk.App) -> None:
    """Return the app: the pipeline's stack in an account of its own, and the stages."""
    OrganisationPolicy.from_file(HERE / "12_platform.json").apply_to(app)
    given = app.node.try_get_context
    region = given("region") or "us-east-1"
    stack = cdk.Stack(
        app,
        "Platform",
        env=cdk.Environment(account=given("tools") or "333333333333", region=region),
    )
    pipeline = pipelines.CodePipeline(
        stack,
        "Pipeline",
        cross_account_keys=True,
        enable_key_rotation=True,
        synth=pipelines.ShellStep(
            "Synth",
            input=pipelines.CodePipelineSource.connection(
                given("repository") or "my-org/models",
                "main",
                connection_arn=given("connection") or CONNECTION,
            ),
            install_commands=["pip install -r requirements/dev.txt -e .", "npm ci"],
            commands=[
                "neoctl validate examples/platform",
                'npx cdk synth --app "python3 examples/12_platform.py"',
            ],
        ),
    )
    for name, account, reviewed in (
        ("Dev", given("dev") or "111111111111", []),
        ("Prod", given("prod") or "222222222222", [pipelines.ManualApprovalStep("Review")]),
    ):
        stage = Models(
            app,
            name,
            env=cdk.Environment(account=account, region=region),
            models=given("models") or "my-trained-models",
            is_production=name == "Prod",
        )
        pipeline.add_stage(stage, pre=reviewed)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
