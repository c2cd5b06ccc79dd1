"""A spec writes no policy: what it names are single objects, and roles that the app named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from neo_constructs import CompilationFleet, ConstructError, InvalidJobError
from tests.synthesis.test_fleets import SPEC

ADMIN = "arn:aws:iam::111122223333:role/Admin"
REQUEST: dict[str, Any] = {
    "CompilationJobName": "a",
    "InputConfig": {
        "S3Uri": "s3://models/m.tar.gz", "Framework": "ONNX",
        "DataInputConfig": '{"data": [1, 3, 224, 224]}',
    },
    "OutputConfig": {"TargetDevice": "ml_c5", "S3OutputLocation": "s3://models/out"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 900},
}  # fmt: skip
PACKAGE = "arn:aws:sagemaker:eu-central-1:111122223333:model-package/m/"


def of_request(tmp_path: Path, patch: dict[str, Any], *roles: str, **options: object) -> None:
    request: dict[str, Any] = {**REQUEST, **patch}
    for key in ("InputConfig", "OutputConfig"):
        if patch.get(key):
            request[key] = {**REQUEST[key], **patch[key]}
    wire = {key: value for key, value in request.items() if value is not None}
    (tmp_path / "job.json").write_text(json.dumps(wire))
    from_specs(tmp_path, *roles, **options)


def from_specs(folder: Path, *roles: str, **options: Any) -> CompilationFleet:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    named = [iam.Role.from_role_arn(stack, f"R{at}", arn) for at, arn in enumerate(roles)]
    return CompilationFleet.from_specs(stack, "Fleet", path=folder, roles=named, **options)


@pytest.mark.parametrize("sign", ["*", "?", "${aws:username}"])
@pytest.mark.parametrize(
    "patch",
    [
        {"InputConfig": {"S3Uri": "s3://models/SIGN/m.tar.gz"}},
        {"InputConfig": {"S3Uri": "s3://SIGN/m.tar.gz"}},
        {"OutputConfig": {"S3OutputLocation": "s3://models/SIGN"}},
        {"OutputConfig": {"KmsKeyId": "alias/SIGN"}},
        {"InputConfig": None, "ModelPackageVersionArn": f"{PACKAGE}SIGN"},
        {"RoleArn": "arn:aws:iam::111122223333:role/SIGN"},
    ],
    ids=lambda patch: next(iter(json.loads(json.dumps(patch).replace("null", "{}")))),
)
@pytest.mark.parametrize("validate", [True, False], ids=["rules", "no-rules"])
def test_no_name_of_a_spec_is_a_pattern_in_a_policy(
    tmp_path: Path, patch: dict[str, object], sign: str, validate: bool
) -> None:
    hostile = json.loads(json.dumps(patch).replace("SIGN", sign))
    with pytest.raises(ConstructError):
        of_request(tmp_path, hostile, validate=validate)


def test_a_pattern_beside_a_value_of_the_stack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(SPEC.replace("/squeezenet.tar.gz", "/*"))
    bucket = cdk.CfnParameter(cdk.Stack(cdk.App(), "P"), "B").value_as_string
    with pytest.raises(ConstructError, match="pattern"):
        from_specs(tmp_path, variables={"bucket": bucket})


def test_a_role_that_the_app_did_not_name_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConstructError, match=r"job\.json:1:\d+: RoleArn: .*roles="):
        of_request(tmp_path, {"RoleArn": ADMIN})


def test_a_role_that_the_app_named_is_taken(tmp_path: Path) -> None:
    of_request(tmp_path, {"RoleArn": ADMIN}, ADMIN)


def test_a_role_in_a_variable_of_the_app_is_taken(tmp_path: Path) -> None:
    spec = SPEC.replace("variables:", "variables:\n  speech:", 1)
    spec = spec.replace("defaults:", "defaults:\n  RoleArn: ${var.speech}", 1)
    (tmp_path / "fleet.yaml").write_text(spec)
    fleet = from_specs(tmp_path, variables={"bucket": "models", "speech": ADMIN})
    assert ADMIN in fleet._jobs.roles


@pytest.mark.parametrize("text", ["${Token[TOKEN.10]}", "#{Token[TOKEN.10]}"])
def test_text_that_looks_like_a_token_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConstructError, match="token"):
        of_request(tmp_path, {"Tags": [{"Key": "a", "Value": text}]})


def test_rules_name_the_pattern(tmp_path: Path) -> None:
    with pytest.raises((ConstructError, InvalidJobError), match="NEO509"):
        of_request(tmp_path, {"InputConfig": {"S3Uri": "s3://models/*/m.tar.gz"}})


def spec_with(line: str) -> str:
    return SPEC.replace("defaults:", f"defaults:\n  {line}", 1)


ASSEMBLED = spec_with('Tags: {a: "${var.half}en[TOKEN.10]}"}').replace(
    "variables:", 'variables:\n  half: "${Tok"', 1
)
HUGE = {"MaxRuntimeInSeconds": -1.8881545897087504e289}  # as CDK encodes a number


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fleet.yaml", spec_with("Tags: {a: '${Token[TOKEN.10]}'}")),
        ("fleet.yaml", spec_with("Tags: {a: '#{Token[TOKEN.10]}'}")),
        ("fleet.yaml", spec_with(r'Tags: {a: "\x24{Token[TOKEN.10]}"}')),
        ("fleet.yaml", spec_with("Tags: {a: <unresolved-token>}")),
        ("fleet.yaml", ASSEMBLED),
        ("job.json", json.dumps({**REQUEST, "StoppingCondition": HUGE})),
    ],
    ids=["text", "list", "escaped", "printed", "assembled", "number"],
)
def test_a_token_that_the_app_did_not_give_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    variables = {"bucket": "models"} if name == "fleet.yaml" else {}
    with pytest.raises(ConstructError, match=rf"{name}:\d+:\d+: job .*token"):
        from_specs(tmp_path, variables=variables)


DYNAMIC = "{{resolve:secretsmanager:db:SecretString:password}}"


@pytest.mark.parametrize(
    "patch",
    [
        {"InputConfig": {"S3Uri": f"s3://models/{DYNAMIC}/m.tar.gz"}},
        {"InputConfig": {"S3Uri": f"s3://{DYNAMIC}/m.tar.gz"}},
        {"OutputConfig": {"S3OutputLocation": f"s3://models/{DYNAMIC}"}},
        {"OutputConfig": {"KmsKeyId": f"alias/{DYNAMIC}"}},
        {"InputConfig": None, "ModelPackageVersionArn": f"{PACKAGE}{DYNAMIC}"},
        {"Tags": [{"Key": "a", "Value": DYNAMIC}]},
    ],
)
def test_no_secret_of_the_account_is_named_by_a_spec(
    tmp_path: Path, patch: dict[str, object]
) -> None:
    """A policy would have held the secret, in place of the reference."""
    with pytest.raises(ConstructError, match=r"holds \{\{resolve:secretsmanager:db.*not allowed"):
        of_request(tmp_path, patch, validate=False)


def test_a_late_variable_needs_a_value(tmp_path: Path) -> None:
    spec = SPEC.replace("bucket:\n", "bucket: {late: true}\n  team: {late: true}\n", 1)
    spec = spec.replace("defaults:", "defaults:\n  Tags: {team: '${var.team}'}", 1)
    (tmp_path / "fleet.yaml").write_text(spec)
    with pytest.raises(ConstructError, match=r"fleet\.yaml:\d+:\d+: NEO016 .*team"):
        from_specs(tmp_path, variables={"bucket": "models"})


def test_a_literal_reference_takes_no_value_of_the_app(tmp_path: Path) -> None:
    """``$${var.v1}`` is the text ``${var.v1}``, which the fleet's document has for a token."""
    spec = SPEC.replace("defaults:", "defaults:\n  Tags: {stolen: '$${var.v1}'}", 1)
    (tmp_path / "fleet.yaml").write_text(spec)
    with pytest.raises(ConstructError, match=r"\$\{var\.v1\}"):
        from_specs(tmp_path, variables={"bucket": "models"})


def test_a_fleet_refuses_jobs_that_it_could_only_read(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(
        "apiVersion: neo-as-code/v1\nowner: vision\nmodels:\n  m:\n"
        "    S3Uri: s3://models/m.tar.gz\n    Framework: ONNX\n"
        "    DataInputConfig: {data: [1, 3, 224, 224]}\n"
        "    targets: [{TargetDevice: ml_c5, existingJob: theirs}]\n"
    )
    with pytest.raises(ConstructError, match=r"fleet.yaml:4:3: job 'm/ml_c5': existingJob is for"):
        from_specs(tmp_path)
