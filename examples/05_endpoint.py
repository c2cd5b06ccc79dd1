"""From a model file to an endpoint: compiled for the instances that serve it.

    cdk deploy --app "python3 examples/05_endpoint.py"

A changed model is compiled before the endpoint is switched over; if the compilation fails, the
endpoint stays as it is. The embedded AWS keeps the endpoint and says of it that nothing is served.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from neo_constructs import CompilationJob, CompiledModel, Framework, ModelArtifact, Target

MODELS = Path(__file__).parent / "models"


def build(app: cdk.App) -> None:
    """Return the whole app."""
    stack = cdk.Stack(app, "Endpoint")
    job = CompilationJob(
        stack,
        "TinyCnn",
        model=ModelArtifact.from_asset(MODELS / "tiny-cnn.onnx"),
        framework=Framework.ONNX,
        data_input_config={"data": [1, 3, 32, 32]},
        target=Target.ML_C5,
    )
    model = CompiledModel(stack, "Model", job=job)
    cdk.CfnOutput(stack, "ModelName", value=model.model_name)
    serve(stack, model)


def serve(stack: cdk.Stack, model: CompiledModel) -> None:
    """Add an endpoint of one instance."""
    configuration = sagemaker.CfnEndpointConfig(
        stack,
        "Configuration",
        production_variants=[
            sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                model_name=model.model_name,
                variant_name="compiled",
                instance_type="ml.c5.large",
                initial_instance_count=1,
                initial_variant_weight=1,
            )
        ],
    )
    sagemaker.CfnEndpoint(
        stack,
        "Live",
        endpoint_config_name=configuration.attr_endpoint_config_name,
    )


if __name__ == "__main__":
    main = cdk.App()
    build(main)
    main.synth()
