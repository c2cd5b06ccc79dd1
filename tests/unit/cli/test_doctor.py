"""``neoctl doctor``: what it finds wrong, what it cannot know, and what it says to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.cli.diagnosis.trust import why_not_trusted
from reconciler.core.account_facts import (
    EndpointFacts,
    KeyFacts,
    LifecycleEvent,
    QuotaFacts,
    RoleFacts,
    SubnetFacts,
)
from reconciler.core.ports import ObjectHead, Unavailable
from tests.fakes.account_facts import TRUST
from tests.fakes.sagemaker import ACCOUNT, REGION, ApiError
from tests.paths import ROOT
from tests.unit.cli.planned import FakeAccount, Terminal, write_spec
from tests.unit.specs.fleets import FLEET

SCHEMA = json.loads((ROOT / "docs" / "reference" / "doctor.schema.json").read_text())
ROLE = f"arn:aws:iam::{ACCOUNT}:role/NeoRole"
MODEL = "s3://example-bucket/models/resnet18.tar.gz"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0"
IN_VPC = FLEET.replace(
    "defaults: {",
    f'defaults: {{KmsKeyId: "{KEY}", VpcConfig: {{Subnets: [subnet-0a], SecurityGroupIds: '
    "[sg-0a]}, ",
)


class FitTerminal(Terminal):
    """neoctl beside an account that has all that the specs need."""

    def __post_init__(self) -> None:
        super().__post_init__()
        facts = self.facts
        facts.roles["NeoRole"] = RoleFacts(ROLE, TRUST)
        facts.passable.add((facts.arn, ROLE))
        facts.buckets["example-bucket"] = REGION
        facts.keys[KEY] = KeyFacts(KEY, "Enabled", "ENCRYPT_DECRYPT")
        facts.network.append(SubnetFacts("subnet-0a", "vpc-0a", 250, "rtb-0a"))
        facts.endpoints.append(
            EndpointFacts("vpce-0a", "vpc-0a", True, "available", frozenset({"rtb-0a"}))
        )
        self.models[MODEL] = ObjectHead(size=1)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FitTerminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_spec(IN_VPC)
    return FitTerminal()


def checks(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str
) -> dict[str, dict[str, str]]:
    """Return the checks that are neither ok nor a note, by name."""
    capsys.readouterr()
    code = terminal.run("doctor", *words, "--format", "json")
    report = json.loads(capsys.readouterr().out)
    jsonschema.validate(report, SCHEMA)
    assert code == (1 if report["counts"]["error"] else 0)
    wrong = [each for each in report["checks"] if each["verdict"] not in {"ok", "note"}]
    return {each["name"]: each for each in wrong}


def test_an_account_that_has_all_is_fit(
    terminal: FitTerminal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checks(terminal, capsys, "fleet.yaml") == {}
    terminal.run("doctor", "fleet.yaml")
    out = capsys.readouterr().out
    assert f"ok       role-trust   {ROLE}: exists and trusts sagemaker.amazonaws.com\n" in out
    assert "ok       s3-endpoint  subnet-0a: vpce-0a leads to S3\n" in out
    assert "note     standing     Amazon SageMaker Neo: no notice of an end of support" in out


BREAKAGES: dict[str, Callable[[FitTerminal], object]] = {
    "role-trust error": lambda world: world.facts.roles.clear(),
    "pass-role error": lambda world: world.facts.passable.clear(),
    "bucket error": lambda world: world.facts.buckets.update({"example-bucket": "eu-west-1"}),
    "model error": lambda world: world.models.clear(),
    "key error": lambda world: world.facts.keys.update(
        {KEY: KeyFacts(KEY, "PendingDeletion", "ENCRYPT_DECRYPT")}
    ),
    "subnet error": lambda world: world.facts.network.clear(),
    "s3-endpoint warning": lambda world: world.facts.endpoints.clear(),
    "clock error": lambda world: setattr(world.facts, "skew", timedelta(minutes=-5)),
    "clock warning": lambda world: setattr(world.facts, "skew", timedelta(seconds=90)),
    "lifecycle warning": lambda world: world.facts.announced.append(
        LifecycleEvent("SageMaker Neo", "end-of-support", world.clock.now())
    ),
    "quotas error": lambda world: world.facts.limits.append(
        QuotaFacts("Maximum number of compilation jobs", 0)
    ),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_what_is_broken_is_found_with_what_to_do(
    terminal: FitTerminal, breakage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, verdict = breakage.split()
    BREAKAGES[breakage](terminal)
    found = checks(terminal, capsys, "fleet.yaml")
    assert {name} == set(found)
    assert found[name]["verdict"] == verdict
    assert found[name]["remedy"]


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("key", KeyFacts(KEY.replace(REGION, "eu-west-1"), "Enabled", "ENCRYPT_DECRYPT")),
        ("key", KeyFacts(KEY, "Enabled", "SIGN_VERIFY")),
        ("role-trust", RoleFacts(ROLE.replace("role/", "role/team/"), TRUST)),
        ("role-trust", RoleFacts(ROLE, {})),
        ("subnet", SubnetFacts("subnet-0a", "vpc-0a", 1, "rtb-0a")),
        ("s3-endpoint", SubnetFacts("subnet-0a", "vpc-0a", 250, "rtb-0b")),
    ],
)
def test_what_is_there_and_unfit_is_found(
    terminal: FitTerminal, name: str, changed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    match changed:
        case KeyFacts():
            terminal.facts.keys[KEY] = changed
        case RoleFacts():
            terminal.facts.roles["NeoRole"] = changed
        case _:
            terminal.facts.network[:] = [changed]
    assert set(checks(terminal, capsys, "fleet.yaml")) == {name}


OPERATIONS = {
    "ListCompilationJobs": "service",
    "GetRole": "role-trust",
    "SimulatePrincipalPolicy": "pass-role",
    "HeadBucket": "bucket",
    "HeadObject": "model",
    "DescribeKey": "key",
    "DescribeSubnets": "subnet",
    "DescribeVpcEndpoints": "subnet",
    "ListServiceQuotas": "quotas",
    "DescribeServiceLifecycle": "lifecycle",
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_what_cannot_be_read_is_unknown_and_the_rest_is_checked(
    terminal: FitTerminal,
    operation: str,
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def travel(called: str, commit: Any) -> Any:
        if called == operation:
            raise ApiError(code, f"not authorized to perform {operation}")
        return commit()

    monkeypatch.setattr(terminal, "travel", travel)
    found = checks(terminal, capsys, "fleet.yaml")
    assert {name: each["verdict"] for name, each in found.items()} == {
        OPERATIONS[operation]: "unknown"
    }


def test_missing_credentials_are_reported_with_what_to_do(
    terminal: FitTerminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(self: Terminal, access: Any) -> FakeAccount:
        raise Unavailable("NoCredentialsError", "Unable to locate credentials")

    monkeypatch.setattr(FitTerminal, "connect", connect)
    found = checks(terminal, capsys, "fleet.yaml")
    assert found["credentials"]["remedy"].startswith("Sign in")


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/NeoRole/ci", None),
        (f"arn:aws:iam::{ACCOUNT}:root", "pass-role"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/gone/ci", "pass-role"),
    ],
)
def test_a_session_is_judged_by_its_role_and_others_are_unknown(
    terminal: FitTerminal, caller: str, name: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.facts.arn = caller
    terminal.facts.passable.add((ROLE, ROLE))
    found = checks(terminal, capsys, "fleet.yaml")
    assert {each: check["verdict"] for each, check in found.items()} == (
        {name: "unknown"} if name else {}
    )


@pytest.mark.parametrize("role", ["garbage", f"arn:aws:iam::{'2' * 12}:role/NeoRole"])
def test_a_role_of_elsewhere_is_found(
    terminal: FitTerminal, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(checks(terminal, capsys, "--role", role)) == {"role-trust"}


def test_offline_reads_no_account(
    terminal: FitTerminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FitTerminal, "connect", None)
    write_spec(FLEET.replace("[ml_c5, LINUX/ARM64]", "[deeplens, ml_inf2]"))
    found = checks(terminal, capsys, "fleet.yaml", "--offline", "--region", "us-east-2")
    assert found["target"]["about"] == "deeplens"
    assert terminal.run("doctor", "--offline", "--profile", "x") == 1


def statement(**more: Any) -> dict[str, Any]:
    return {**TRUST["Statement"][0], **more}


@pytest.mark.parametrize(
    ("statements", "trusted"),
    [
        ([statement()], True),
        ([statement(Action=["sts:*"])], True),
        ([statement(Principal={"Service": ["a", "sagemaker.amazonaws.com"]})], True),
        ([statement(Principal="*")], True),
        ([statement(Principal={"AWS": "111122223333"})], False),
        ([statement(Action="sts:TagSession")], False),
        ([statement(), statement(Effect="Deny")], False),
        ([statement(Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})], True),
        ([statement(Condition={"StringEquals": {"AWS:SourceAccount": "2" * 12}})], False),
        ([statement(Condition={"ArnLike": {"aws:SourceArn": [
            f"arn:aws:sagemaker:*:{ACCOUNT}:compilation-job/*"]}})], True),
        ([statement(Condition={"ArnLike": {"aws:SourceArn": [
            f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:compilation-job/*"]}})], False),
        ([statement(Condition={"ArnLike": {"aws:SourceArn": "*"}})], True),
        ([statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})], True),
        ([], False),
    ],
)  # fmt: skip
def test_trust_is_read_as_iam_reads_it(statements: list[Any], trusted: bool) -> None:
    reason = why_not_trusted({"Statement": statements}, ACCOUNT, REGION)
    assert (reason == "") is trusted
    if len(statements) == 1:
        assert why_not_trusted({"Statement": statements[0]}, ACCOUNT, REGION) == reason
