"""An app for tests: a job and a fleet whose artifacts are verified as the context says."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    Framework,
    ModelArtifact,
    OnFailure,
    Target,
    Verify,
)

MODEL = Path(__file__).resolve().parents[4] / "examples" / "models" / "tiny-cnn.onnx"


class Verified(cdk.Stack):
    """`Job`, and `Fleet` with one job."""

    def __init__(self, scope: cdk.App, id: str) -> None:
        super().__init__(scope, id)
        verify = Verify(self.node.try_get_context("verify") or "off")
        model = ModelArtifact.from_asset(str(MODEL))
        inputs = {"data": [1, 3, 32, 32]}
        job = CompilationJob(
            self, "Job", model=model, target=Target.ML_C5, framework=Framework.ONNX,
            data_input_config=inputs, verify=verify,
        )  # fmt: skip
        fleet = CompilationFleet(
            self, "Fleet", verify=verify,
            on_failure=OnFailure(self.node.try_get_context("on_failure") or "fail"),
        )  # fmt: skip
        fleet.add_job(
            "net/ml_c4", model=model, target=Target.ML_C4, framework=Framework.ONNX,
            data_input_config=inputs,
        )  # fmt: skip
        cdk.CfnOutput(self, "ManifestOut", value=fleet.manifest_uri)
        if verify is not Verify.OFF:
            cdk.CfnOutput(self, "FindingsOut", value=f"[{job.compilation_job_artifact_findings}]")
            cdk.CfnOutput(self, "UnverifiedOut", value=fleet.unverified)


app = cdk.App()
Verified(app, "Verified")
app.synth()
