"""The JSON Schemas: committed as printed, valid, and agreeing with what the reader takes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from reconciler.cli.schema import KINDS, text_of
from reconciler.rules.api import FRAMEWORKS, TARGET_DEVICES
from reconciler.rules.finding import Severity
from reconciler.rules.organisation_policy import OrganisationPolicy, policy_keys
from reconciler.specs.descriptions import DESCRIPTIONS
from reconciler.specs.fleet_form import FLEET as FLEET_FORM
from reconciler.specs.fleet_form import KEYS
from tests.paths import ROOT
from tests.unit.rules.test_corpus import CASES
from tests.unit.specs.fleets import FLEET, found, loaded
from tests.unit.specs.test_variables import LATE, WITH_VARIABLES

WRONG_TARGETS = (
    "[jetson_nanoo]", "[ml.c5.xlarge]", "[LINUX/AMD64]", "[LINUX]", "[LINUX/ARM64/NVIDEA]",
    "[FREEBSD/ARM64]", "['']", "[]", "[ml_c5, ml_c5]", "[{Tags: {a: b}}]", "{cloud: ml_c5}",
    "{jetson_nanoo: {}}", "{LINUX/AMD64: {}}", "[{TargetPlatform: LINUX/ARM64}]",
    "[{TargetDevice: ml_c5, TargetPlatform: {Os: LINUX, Arch: ARM64}}]",
)  # fmt: skip
DOCS = ROOT / "docs" / "spec"


def schema(kind: str) -> dict[str, Any]:
    loaded_schema: dict[str, Any] = json.loads(text_of(kind))
    return loaded_schema


def errors(kind: str, value: object) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(schema(kind)).iter_errors(value)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_the_one_that_is_printed(kind: str) -> None:
    committed = (DOCS / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert committed == text_of(kind), f"neoctl schema --for {kind} -o docs/spec/{kind}.schema.json"


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one(kind: str) -> None:
    jsonschema.Draft7Validator.check_schema(schema(kind))


@pytest.mark.parametrize("text", [FLEET, LATE, WITH_VARIABLES])
def test_a_fleet_that_is_right_is_right_by_the_schema(text: str) -> None:
    assert loaded(text, variables={"bucket": "b"}).problems == []
    assert errors("fleet", yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("owner: vision", "owner: My-Team"),
        ("Framework:", "Framwork:"),
        ("[1, 3, 224, 224]", "[1, 3, 0, 224]"),
        ("neo-as-code/v1", "neo-as-code/v2"),
        ("PYTORCH", "PYTORHC"),
        ("PYTORCH", "pytroch"),
        ("[1, 3, 224, 224]", "[batch, 3]"),
        ("[1, 3, 224, 224]", "['1', 3]"),
        ("{input0: [1, 3, 224, 224]}", "[1, 3, 224, 224]"),
        ("{input0: [1, 3, 224, 224]}", "''"),
        ("arn:aws:iam::111122223333:role/NeoRole", "NeoRole"),
        ("s3://example-bucket/out/", "nowhere"),
        ("s3://example-bucket/models/", "s3://${var.bucket/"),
        ("s3://example-bucket/models/resnet18.tar.gz", "s3://example-bucket/*"),
        ("resnet18.tar.gz", "resnet18.tar.gz\n    ModelPackageVersionArn: x"),
        ("PYTORCH", "PYTORCH\n    FrameworkVersion: one"),
        ("PYTORCH", "PYTORCH\n    Tags: {'aws:a': b}"),
        ("PYTORCH", "PYTORCH\n    VpcConfig: {Subnets: [], SecurityGroupIds: [sg-1]}"),
        ("PYTORCH", "PYTORCH\n    suppress: [{code: NEO307, reason: ' '}]"),
        ("PYTORCH", "PYTORCH\n    StoppingCondition: {MaxRuntimeInSeconds: ''}"),
        *(("[ml_c5, LINUX/ARM64]", targets) for targets in WRONG_TARGETS),
        ("    targets: [ml_c5, LINUX/ARM64]\n", ""),
    ],
)
def test_a_fleet_that_is_wrong_is_wrong_by_the_schema(old: str, new: str) -> None:
    text = FLEET.replace(old, new)
    assert any(item.finding.severity is Severity.ERROR for item in found(text))
    assert errors("fleet", yaml.safe_load(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[ml_c5, LINUX/ARM64]", "[linux/arm64, coreml]"),
        ("[ml_c5, LINUX/ARM64]", "{LINUX/ARM64: , ml_c5: {exactOutput: true}}"),
        ("[ml_c5, LINUX/ARM64]", "{edge: {TargetPlatform: {Os: LINUX, Arch: ARM64}}}"),
        ("PYTORCH", "pytorch\n    FrameworkVersion: 1.8"),
        ("{input0: [1, 3, 224, 224]}", "[[1, 3, 224, 224]]"),
        ("PYTORCH", "PYTORCH\n    VpcConfig: {Subnets: [subnet-1], SecurityGroupIds: [sg-1]}"),
        (
            "models:",
            "targets: [{name: small, TargetDevice: ml_c5}, ml_c4]\nmodels:\n"
            "  other: {S3Uri: 's3://b-1/m.tar.gz', Framework: XGBOOST, targets: [small, ml_p3]}",
        ),
    ],
)
def test_a_fleet_of_another_form_is_right_by_the_schema(old: str, new: str) -> None:
    text = FLEET.replace(old, new)
    assert not [item for item in found(text) if item.finding.severity is Severity.ERROR]
    assert errors("fleet", yaml.safe_load(text)) == []


def test_devices_and_frameworks_are_listed_with_their_docs() -> None:
    definitions = schema("fleet")["definitions"]
    for name, values in (("TargetDevice", TARGET_DEVICES), ("Framework", FRAMEWORKS)):
        known = definitions[name]["anyOf"][0]
        assert tuple(known["enum"]) == values
        assert len(known["enumDescriptions"]) == len(values)
        assert all(known["enumDescriptions"])


def test_every_key_of_the_language_is_described() -> None:
    assert {key for form in (FLEET_FORM, *KEYS.values()) for key in form} <= set(DESCRIPTIONS)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case["id"]) for case in CASES if case["evidence"] != "failed"]
)
def test_recorded_requests_are_right_by_the_schema(case: dict[str, Any]) -> None:
    assert errors("request", case["request"]) == []


def test_a_policy_has_the_keys_that_its_reader_takes() -> None:
    assert set(schema("policy")["properties"]) == set(policy_keys())
    policy = {"requireVpc": True, "devices": ["ml_c5"], "requiredTags": {"team": []}}
    assert errors("policy", policy) == []
    assert OrganisationPolicy.from_mapping(policy).require_vpc
