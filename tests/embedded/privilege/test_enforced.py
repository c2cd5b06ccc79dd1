"""Deployed on the embedded AWS with IAM enforced: MiniStack gives every Lambda a session of its
role, and denies what the role's policies do not allow.

What the Lambda processes called is recorded within them, and asked once more of the other policy
engine, with the policies that IAM had. (SageMaker is our own endpoint: it
enforces what a job's role may do, not what its callers may.)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.privilege.engine import ALLOWED, decisions
from tests.contract.privilege.real_calls import (
    RealCall,
    policies_in_force,
    read_calls,
    recorder_options,
    requests_of,
)
from tests.embedded.aws import Cdk, EmbeddedAws, of_its_own
from tests.paths import ROOT

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]

HERE = Path(__file__).parent
MODEL = ROOT / "examples" / "models" / "tiny-cnn.onnx"
STACK = "Enforced"
KINDS = ("OnEvent7", "IsCompleteD", "FleetProviderOnEvent", "FleetProviderIsComplete", "KeepF")


@dataclass(frozen=True, slots=True)
class Enforced:
    """An embedded AWS that enforces IAM, and the stack on it."""

    aws: EmbeddedAws
    cdk: Cdk
    file: Path

    def deploy(self, **tags: str) -> tuple[int, str]:
        """`cdk deploy` with these tags."""
        ran = self.cdk.run(
            "deploy", "--require-approval", "never", context={"tags": json.dumps(tags)}
        )
        return ran.code, ran.output

    def calls(self) -> list[RealCall]:
        """Return everything that the functions have called by now."""
        return read_calls(self.file)

    def output(self, name: str) -> str:
        """Return an output of the stack."""
        [stack] = self.aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return next(
            str(each["OutputValue"]) for each in stack["Outputs"] if each["OutputKey"] == name
        )

    def reconcile(self) -> dict[str, Any]:
        """One run of the schedule."""
        answer = self.aws.client("lambda").invoke(FunctionName=self.output("Schedule"))
        payload = answer["Payload"].read()
        assert "FunctionError" not in answer, payload
        return dict(json.loads(payload))


@pytest.fixture
def enforced(tmp_path: Path) -> Iterator[Enforced]:
    aws, file = of_its_own(tmp_path / "data"), tmp_path / "calls.jsonl"
    aws.start("--wait-scale", "0.05", "--set", "AUTH=true", *recorder_options(file))
    try:
        bootstrap = Cdk(aws.environment(), tmp_path / "bootstrap")
        ran = bootstrap.run("bootstrap", "aws://000000000000/us-east-1")
        assert ran.code == 0, ran.output
        # It demands TLS of the CDK CLI too, and loopback has none.
        staging = "cdk-hnb659fds-assets-000000000000-us-east-1"
        aws.client("s3").delete_bucket_policy(Bucket=staging)
        (tmp_path / "cdk.json").write_text(
            json.dumps({"app": f"{sys.executable} {HERE}/app/app.py"})
        )
        context = {"model": str(MODEL)}
        cdk = Cdk(aws.environment(), tmp_path / "out", app=tmp_path, context=context)
        yield Enforced(aws, cdk, file)
    finally:
        aws.stop()


def test_everything_works_with_iam_enforced_and_nothing_without_a_right(enforced: Enforced) -> None:
    aws = enforced.aws
    code, said = enforced.deploy(team="vision")
    assert code == 0, said
    functions = {call.function for call in enforced.calls()} | {enforced.output("Schedule")}
    assert enforced.reconcile()["completed"] == 2
    drift(enforced)
    assert enforced.reconcile()["changes"]
    code, said = enforced.deploy(group="edge")
    assert code == 0, said
    policies = policies_in_force(aws, functions)

    assert [call for call in enforced.calls() if call.is_denied] == []
    without_a_right(enforced, functions)
    assert enforced.cdk.run("destroy", "--force").code == 0
    assert aws.live() == []

    made = [call for call in enforced.calls() if call.function in policies]
    assert {call.service for call in made} == {
        "cloudformation", "eventbridge", "s3", "sagemaker", "sns",
    }  # fmt: skip
    asked = sorted({str(each): each for call in made for each in requests_of(call)}.items())
    answers = decisions(policies, [each for _, each in asked])
    assert len(asked) > 60
    denied = [
        f"{name}: {answer}"
        for (name, _), answer in zip(asked, answers, strict=True)
        if answer != ALLOWED
    ]
    assert "\n".join(denied) == ""


def drift(enforced: Enforced) -> None:
    """Somebody deletes a record and an artifact of the fleet."""
    bucket, _, key = enforced.output("Manifest").removeprefix("s3://").partition("/")
    s3 = enforced.aws.client("s3")
    jobs = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["jobs"]
    first, second = jobs.values()
    enforced.aws.client("sagemaker").delete_compilation_job(CompilationJobName=first["name"])
    bucket, _, key = second["artifact"].removeprefix("s3://").partition("/")
    s3.delete_object(Bucket=bucket, Key=key)


def without_a_right(enforced: Enforced, functions: set[str]) -> None:
    """The function that polls has no policy: the deployment fails with the reason, and is rolled
    back or can be deleted when the rights are back.
    """
    iam = enforced.aws.client("iam")
    [function] = [name for name in functions if "NeoCompilationProviderIsComplete" in name]
    config = enforced.aws.client("lambda").get_function_configuration(FunctionName=function)
    role = config["Role"].rpartition("/")[2]
    policies = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    for policy in policies:
        iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    code, said = enforced.deploy(team="nobody")
    assert code != 0
    assert "AccessDenied" in said
    assert [call for call in enforced.calls() if call.is_denied]
    for policy in policies:
        iam.attach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
