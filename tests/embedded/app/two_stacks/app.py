"""An app for tests: one stack compiles, another reads the artifact, by an export or a parameter."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from neo_constructs import CompilationJob, Framework, ModelArtifact, Target

MODEL = Path(__file__).resolve().parents[4] / "examples" / "models" / "tiny-cnn.onnx"

app = cdk.App()
compiles, serves = cdk.Stack(app, "Compiles"), cdk.Stack(app, "Serves")
job = CompilationJob(
    compiles, "Job", model=ModelArtifact.from_asset(str(MODEL)), framework=Framework.ONNX,
    target=Target.parse(app.node.try_get_context("target") or "ml_c5"),
    data_input_config={"data": [1, 3, 32, 32]},
)  # fmt: skip
by_export = app.node.try_get_context("by") == "export"
uri = job.compilation_job_artifacts_uri if by_export else job.artifacts_uri_for(serves)
server = lambda_.Function(
    serves, "Server", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context): pass"),
    environment={"MODEL": uri},
)  # fmt: skip
job.grant_read_artifacts(server)
cdk.CfnOutput(serves, "Function", value=server.function_name)
app.synth()
