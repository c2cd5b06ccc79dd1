"""Models times targets: cloud instances, ARM boards and an x86 box, from one declaration.

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
    """Return the whole app."""
    stack = cdk.Stack(app, "Matrix")
    trained = ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx")
    models = {
        f"tiny-{size}": MatrixModel(
            trained, framework=Framework.ONNX, data_input_config={"data": [1, 3, size, size]}
        )
        for size in (32, 64)
    }
    matrix = CompilationMatrix(
        stack,
        "Vision",
        models=models,
        targets=[Target.ML_C5, Target.LINUX_ARM64, Target.LINUX_ARM_EABIHF, Target.SBE_C],
        overrides={
            "*/sbe_c": {"compiler_options": CompilerOptions.cpu(mcpu="core-avx2")},
            "*/LINUX_ARM_EABIHF": {"compiler_options": CompilerOptions.cpu(mattr=["+neon"])},
        },
        exclude=["tiny-64/sbe_c"],
    )
    for name, job in matrix.jobs.items():
        output = "".join(part.capitalize() for part in name.replace("/", "-").split("-"))
        cdk.CfnOutput(stack, output.replace("_", ""), value=job.compilation_job_artifacts_uri)


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
