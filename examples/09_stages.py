"""Two stages: the same models, in production for more targets, kept longer, and watched.

    cdk deploy --app "python3 examples/09_stages.py" "Dev/*"
    cdk deploy --app "python3 examples/09_stages.py" "Prod/*"

Every stage is its own stack with its own provider; jobs of one never touch jobs of the other.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from neo_constructs import (
    CompilationMatrix,
    Framework,
    JobAlarms,
    MatrixModel,
    ModelArtifact,
    NeoCompilationProvider,
    NeoDashboard,
    Target,
)

MODELS = Path(__file__).parent / "models"


class Models(cdk.Stage):
    """One stage: where artifacts go, and what is compiled."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        targets: list[Target],
        is_production: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, id, **kwargs)
        stack = cdk.Stack(self, "Models")
        kept = cdk.RemovalPolicy.RETAIN if is_production else cdk.RemovalPolicy.DESTROY
        key = kms.Key(stack, "Key", enable_key_rotation=True)
        artifacts = s3.Bucket(
            stack,
            "Artifacts",
            encryption_key=key,
            versioned=is_production,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        )
        tiny = ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx")
        matrix = CompilationMatrix(
            stack,
            "Vision",
            models={
                "tiny-cnn": MatrixModel(
                    tiny, framework=Framework.ONNX, data_input_config={"data": [1, 3, 32, 32]}
                )
            },
            targets=targets,
            output_bucket=artifacts,
            removal_policy=kept,
            retries=2 if is_production else 0,
        )
        if is_production:
            watch(stack, matrix, key)


def watch(stack: cdk.Stack, matrix: CompilationMatrix, key: kms.Key) -> None:
    """Keep logs for a year, add an alarm on whatever fails or takes long, a page with all of it."""
    provider = NeoCompilationProvider.of(stack)
    provider.configure_logs(retention=logs.RetentionDays.ONE_YEAR, encryption_key=key)
    topic = sns.Topic(stack, "Alarmed", master_key=key, enforce_ssl=True)
    alarms = iam.ServicePrincipal("cloudwatch.amazonaws.com")
    key.grant_encrypt_decrypt(alarms)
    topic.grant_publish(alarms)
    JobAlarms(
        stack,
        "Alarms",
        watched=provider,
        slower_than=cdk.Duration.minutes(20),
        actions=[SnsAction(topic)],
    )
    NeoDashboard(stack, "Dashboard", jobs=matrix.jobs.values())


def build(app: cdk.App) -> None:
    """Return the whole app."""
    Models(app, "Dev", targets=[Target.ML_C5], is_production=False)
    Models(
        app,
        "Prod",
        targets=[Target.ML_C5, Target.ML_C6G, Target.LINUX_ARM64, Target.RASP3B],
        is_production=True,
    )


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
