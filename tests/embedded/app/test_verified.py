"""verify= with the real CDK CLI: artifacts that somebody replaced by the model itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded.aws import Cdk, EmbeddedAws
from tests.embedded.fleet.deployed import Deployed
from tests.paths import ROOT
from tests.unit.inspection.archives import pack

pytestmark = [pytest.mark.long, pytest.mark.embedded, pytest.mark.compiles]

MODEL = ROOT / "examples" / "models" / "tiny-cnn.onnx"


@pytest.fixture
def app(bootstrapped: EmbeddedAws, tmp_path: Path) -> Deployed:
    """The app in verified."""
    folder = ROOT / "tests" / "embedded" / "app" / "verified"
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out", app=folder)
    return Deployed(bootstrapped, cdk, "Verified")


def artifacts(app: Deployed) -> dict[str, bytes]:
    """Return the artifacts of the stack's jobs by URI."""
    sagemaker, s3 = app.aws.client("sagemaker"), app.aws.client("s3")
    found = {}
    for each in sagemaker.list_compilation_jobs()["CompilationJobSummaries"]:
        job = sagemaker.describe_compilation_job(CompilationJobName=each["CompilationJobName"])
        uri = job["ModelArtifacts"]["S3ModelArtifacts"]
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        found[uri] = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return found


def put(app: Deployed, objects: dict[str, bytes]) -> None:
    for uri, content in objects.items():
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        app.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content)


def test_a_model_in_the_place_of_an_artifact_is_reported_or_fails_the_stack(app: Deployed) -> None:
    first = app.deploy()
    assert first.code == 0, first.output
    made = artifacts(app)
    assert len(made) == 2
    put(app, {uri: pack({"tiny-cnn.onnx": MODEL.read_bytes()}) for uri in made})

    warned = app.deploy(verify="warn")
    assert warned.code == 0, warned.output
    assert "NEO902" in app.output("Findings")
    assert "byte for byte" in app.output("Findings")
    assert app.output("Unverified") == "1"
    assert "NEO902" in app.manifest()["jobs"]["net/ml_c4"]["reason"]

    failed = app.deploy(verify="fail")
    assert failed.code != 0
    assert "NEO902" in failed.output
    stack = app.aws.client("cloudformation").describe_stacks(StackName="Verified")["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    put(app, made)
    mended = app.deploy(verify="fail")
    assert mended.code == 0, mended.output
    assert app.output("Findings") == "[]"
    assert app.output("Unverified") == "0"
    for run in (warned, failed, mended):
        assert "CreateCompilationJob" not in run.calls, "nothing is compiled again for it"
    assert app.cdk.run("destroy", "--force").code == 0
