"""The JSON Schemas: committed as printed, valid, and agreeing with what the reader takes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from reconciler.cli.schema import KINDS, text_of
from reconciler.rules.api import FRAMEWORKS, TARGET_DEVICES
from reconciler.rules.organisation_policy import OrganisationPolicy, policy_keys
from reconciler.specs.descriptions import DESCRIPTIONS
from reconciler.specs.fleet_form import FLEET as FLEET_FORM
from reconciler.specs.fleet_form import KEYS
from tests.paths import ROOT
from tests.unit.rules.test_corpus import CASES
from tests.unit.specs.fleets import FLEET, loaded
from tests.unit.specs.test_variables import LATE, WITH_VARIABLES

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
    ],
)
def test_a_fleet_that_is_wrong_is_wrong_by_the_schema(old: str, new: str) -> None:
    assert errors("fleet", yaml.safe_load(FLEET.replace(old, new)))


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
