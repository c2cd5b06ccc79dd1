"""Models times targets: cloud instances, a Jetson and 32-bit ARM boards, from one declaration.

cdk deploy --app "python3 examples/03_matrix.py"
"""

from pathlib import Path

import aws_cdk as cdk

from neo_constructs import (
    CompilationMatrix,
    CompilerOptions,
    Framework,
    MatrixModel,
    ModelArtifact,
    Target,
)

MODELS = Path(__file__).parent / "models"


def build(app: cdk.App) -> None:
    """The whole app."""
    stack = cdk.Stack(app, "Matrix")
    trained = ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx")
    models = {
        f"tiny-{size}": MatrixModel(
            trained, Framework.ONNX, data_input_config={"data": [1, 3, size, size]}
        )
        for size in (32, 64)
    }
    matrix = CompilationMatrix(
        stack,
        "Vision",
        models=models,
        targets=[Target.ML_C5, Target.LINUX_ARM64, Target.LINUX_ARM_EABIHF, Target.JETSON_XAVIER],
        overrides={
            "*/jetson_xavier": {
                "compiler_options": CompilerOptions.nvidia(
                    gpu_code="sm_72", trt_ver="7.1.3", cuda_ver="10.2"
                )
            },
            "*/LINUX_ARM_EABIHF": {"compiler_options": CompilerOptions.cpu(mattr=["+neon"])},
        },
        exclude=["tiny-64/jetson_xavier"],
    )
    for name, job in matrix.jobs.items():
        output = "".join(part.capitalize() for part in name.replace("/", "-").split("-"))
        cdk.CfnOutput(stack, output.replace("_", ""), value=job.compilation_job_artifacts_uri)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
