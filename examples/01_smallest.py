"""The smallest: one model file, one device.

    cdk deploy --app "python3 examples/01_smallest.py"

The file is packed and uploaded with the deployment, the role, the output bucket and the provider
are made, and the deployment ends when Neo has compiled. Change the model and deploy again: it
recompiles. Change nothing: it does not.
"""

from pathlib import Path

import aws_cdk as cdk

from neo_constructs import CompilationJob, Framework, ModelArtifact, Target

MODELS = Path(__file__).parent / "models"


def build(app: cdk.App) -> None:
    """Return the whole app."""
    stack = cdk.Stack(app, "Smallest")
    job = CompilationJob(
        stack,
        "TinyCnn",
        model=ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx"),
        framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]},
        target=Target.ML_C5,
    )
    cdk.CfnOutput(stack, "Artifact", value=job.compilation_job_artifacts_uri)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
