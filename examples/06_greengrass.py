"""From a model file to devices: a Greengrass v2 component with the compiled artifact.

    cdk deploy --app "python3 examples/06_greengrass.py" -c version=1.0.0

The core devices' token exchange role may read this job's artifacts, and nothing else of it.
(The embedded AWS checks the recipe and looks for the artifact; it has no devices.)
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from neo_constructs import CompilationJob, CompiledComponent, Framework, ModelArtifact, Target

MODELS = Path(__file__).parent / "models"


def build(app: cdk.App) -> None:
    """Return the whole app."""
    stack = cdk.Stack(app, "Greengrass")
    job = CompilationJob(
        stack,
        "TinyCnn",
        model=ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx"),
        framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]},
        target=Target.LINUX_ARM64,
    )
    component = CompiledComponent(
        stack,
        "Component",
        job=job,
        component_name="com.example.models.tiny-cnn",
        component_version=app.node.try_get_context("version") or "1.0.0",
    )
    devices = iam.Role(
        stack, "Devices", assumed_by=iam.ServicePrincipal("credentials.iot.amazonaws.com")
    )
    job.grant_read_artifacts(devices)
    cdk.CfnOutput(stack, "ComponentArn", value=component.component_arn)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
