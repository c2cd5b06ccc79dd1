"""An artifact used in another stack, with the real CDK CLI: deployed, recompiled, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded.aws import Cdk, EmbeddedAws, Ran
from tests.paths import ROOT

pytestmark = [pytest.mark.long, pytest.mark.embedded, pytest.mark.compiles]


@pytest.fixture
def cdk(bootstrapped: EmbeddedAws, tmp_path: Path) -> Cdk:
    """The CLI for the app in two_stacks."""
    folder = ROOT / "tests" / "embedded" / "app" / "two_stacks"
    return Cdk(bootstrapped.environment(), tmp_path / "out", app=folder)


def deploy(cdk: Cdk, **context: str) -> Ran:
    return cdk.run("deploy", "--all", "--require-approval", "never", context=context)


def model_of_server(aws: EmbeddedAws) -> str:
    """Return the artifact that the function of the other stack is configured with."""
    (stack,) = aws.client("cloudformation").describe_stacks(StackName="Serves")["Stacks"]
    (output,) = stack["Outputs"]
    found = aws.client("lambda").get_function_configuration(FunctionName=output["OutputValue"])
    return str(found["Environment"]["Variables"]["MODEL"])


def test_another_stack_follows_a_changed_compilation(bootstrapped: EmbeddedAws, cdk: Cdk) -> None:
    try:
        ran = deploy(cdk)
        assert ran.code == 0, ran.output
        first = model_of_server(bootstrapped)
        assert first.endswith("-ml_c5.tar.gz")

        ran = deploy(cdk, target="ml_c4")
        assert ran.code == 0, ran.output
        second = model_of_server(bootstrapped)
        assert second.endswith("-ml_c4.tar.gz"), ran.output
        bucket, _, key = second.removeprefix("s3://").partition("/")
        assert bootstrapped.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    finally:
        ran = cdk.run("destroy", "--all", "--force")
    assert ran.code == 0, ran.output


def test_an_export_of_the_attribute_is_warned_of(bootstrapped: EmbeddedAws, cdk: Cdk) -> None:
    ran = cdk.run("synth", "--quiet", "--all", context={"by": "export"})
    assert ran.code == 0, ran.output
    assert "neo:changingExport" in ran.output
    assert "artifacts_uri_for" in ran.output
