"""An app for tests: one job that stays, and others that the context switches."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk

from neo_constructs import CompilationJob, Framework, ModelArtifact, Target

MODEL = Path(__file__).resolve().parents[4] / "examples" / "models" / "tiny-cnn.onnx"


class TwoJobs(cdk.Stack):
    """`Stays`, and as the context says `Other`, `ZBroken` and `Unawaited`."""

    def __init__(self, scope: cdk.App, id: str) -> None:
        super().__init__(scope, id)
        self.model = ModelArtifact.from_asset(str(MODEL))
        minutes = int(self.node.try_get_context("minutes") or 15)
        stays = self.job("Stays", max_runtime=cdk.Duration.minutes(minutes))
        cdk.Tags.of(stays).add("team", self.node.try_get_context("team") or "vision")
        if self.node.try_get_context("other"):
            target = Target.parse(self.node.try_get_context("other"))
            self.job("Other", target=target)
            if self.node.try_get_context("broken"):  # MiniStack goes by the alphabet: after Other
                self.job("ZBroken", data_input_config={"nothing": [1, 3, 32, 32]})
        if self.node.try_get_context("unawaited"):
            self.job("Unawaited", wait=False)

    def job(self, name: str, **changes: object) -> CompilationJob:
        """Return a job for the small model."""
        given: dict[str, object] = {
            "target": Target.parse("ml_c5"),
            "data_input_config": {"data": [1, 3, 32, 32]},
            **changes,
        }
        return CompilationJob(
            self,
            name,
            model=self.model,
            framework=Framework.ONNX,
            **given,  # type: ignore[arg-type]
        )


app = cdk.App()
TwoJobs(app, app.node.try_get_context("stack") or "TwoJobs")
app.synth()
