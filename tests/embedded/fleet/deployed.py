"""A stack with a fleet on the embedded AWS: deployed with the real CLI, read back, counted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.embedded.app.deployment import MUTATIONS
from tests.embedded.app.test_lifecycle import changed
from tests.embedded.aws import Cdk, EmbeddedAws
from tests.paths import ROOT

MODEL = ROOT / "examples" / "models" / "tiny-cnn.onnx"


@dataclass(frozen=True)
class DeployRun:
    """One deployment: how it ended, and the calls that changed jobs."""

    code: int
    seconds: float
    output: str
    calls: dict[str, int]


@dataclass
class Deployed:
    """The stack under test."""

    aws: EmbeddedAws
    cdk: Cdk
    stack: str

    def deploy(self, **context: str) -> DeployRun:
        """`cdk deploy` to its end, whatever that is."""
        before = self.calls()
        ran = self.cdk.run("deploy", "--require-approval", "never", context=context)
        return DeployRun(ran.code, ran.seconds, ran.output, changed(before, self.calls()))

    def calls(self) -> dict[str, int]:
        """Return how many changing calls the endpoint has accepted."""
        counts = self.aws.admin("calls")["counts"]
        return {name: int(counts.get(name, {}).get("accepted", 0)) for name in MUTATIONS}

    def output(self, name: str) -> str:
        """Return an output of the stack."""
        answer = self.aws.client("cloudformation").describe_stacks(StackName=self.stack)
        [stack] = answer["Stacks"]
        return next(
            str(each["OutputValue"])
            for each in stack["Outputs"]
            if each["OutputKey"] == f"{name}Out"
        )

    def manifest(self) -> dict[str, Any]:
        """Return the manifest as it is now."""
        bucket, _, key = self.output("Manifest").removeprefix("s3://").partition("/")
        body = self.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return dict(json.loads(body))

    def reconcile(self) -> dict[str, Any]:
        """One run of the schedule."""
        answer = self.aws.client("lambda").invoke(FunctionName=self.output("Function"))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return dict(json.loads(answer["Payload"].read()))


def upload(deployed: Deployed, like: str = "net/ml_c5") -> None:
    """What neoctl build writes, of one job."""
    name = deployed.manifest()["jobs"][like]["name"]
    sagemaker = deployed.aws.client("sagemaker")
    request = sagemaker.describe_compilation_job(CompilationJobName=name)
    kept = {
        "RoleArn": request["RoleArn"],
        "InputConfig": request["InputConfig"],
        "OutputConfig": {
            "S3OutputLocation": request["OutputConfig"]["S3OutputLocation"].rsplit("/", 2)[0],
            "TargetDevice": "ml_c5",
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
    }
    declaration = json.dumps({"schema": 1, "logicalName": "uploaded", "request": kept})
    built = {
        "schema": 1,
        "jobs": [
            {"owner": "x", "logicalName": "uploaded", "identity": None,
             "Declaration": declaration, "LateBound": {}, "Tags": []}
        ],
    }  # fmt: skip
    deployed.aws.client("s3").put_object(
        Bucket=deployed.output("Uploads"), Key="neo-specs.json", Body=json.dumps(built).encode()
    )
