"""Examples deployed with the real CDK CLI on the embedded AWS, and destroyed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.embedded import Cdk, EmbeddedAws

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]

# 02 needs buckets of others; 05 and 06 resources that the embedded AWS does not have.
JOBS = {
    "01_smallest": 1,
    "03_matrix": 7,
    "04_vpc_only": 1,
    "07_parameters": 1,
    "08_guardrails": 1,
    "09_stages": 5,
}


@pytest.fixture(scope="module")
def bootstrapped(
    embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory
) -> EmbeddedAws:
    cdk = Cdk(embedded_aws.environment(), tmp_path_factory.mktemp("bootstrap"))
    ran = cdk.run("bootstrap", "aws://000000000000/us-east-1")
    assert ran.code == 0, ran.output
    return embedded_aws


@pytest.mark.parametrize(("example", "jobs"), JOBS.items(), ids=list(JOBS))
def test_an_example_deploys_compiles_and_goes(
    bootstrapped: EmbeddedAws, example: str, jobs: int, tmp_path: Path
) -> None:
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out")
    app = ("--app", f"python3 examples/{example}.py")
    before = bootstrapped.creates()
    outputs = tmp_path / "outputs.json"
    ran = cdk.run(
        "deploy", "**", *app, "--require-approval", "never", "--outputs-file", str(outputs)
    )
    assert ran.code == 0, ran.output
    assert bootstrapped.creates() - before == jobs
    s3 = bootstrapped.client("s3")
    for stack in json.loads(outputs.read_text()).values():
        for uri in (value for value in stack.values() if value.startswith("s3://")):
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    ran = cdk.run("destroy", "**", *app, "--force")
    assert ran.code == 0, ran.output
    assert bootstrapped.live() == []
