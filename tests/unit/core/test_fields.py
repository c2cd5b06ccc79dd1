"""The table of the request's fields: all that the API has, described, and without contradiction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import Loader

from reconciler.core import fields
from reconciler.core.fields import FIELDS, ONE_OF, SETTABLE, STRUCTURES, Field, Kind, Structure

MODEL = Loader().load_service_model("sagemaker", "service-2")
KINDS_OF_TYPES = {
    "string": {Kind.TEXT, Kind.JSON},
    "integer": {Kind.SECONDS},
    "list": {Kind.TEXTS, Kind.TAGS},
}


def members(shape: str, path: str = "") -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every member below a shape of botocore's model: its path, its shape, whether required."""
    described = MODEL["shapes"][shape]
    for name, reference in described["members"].items():
        below, kind = f"{path}.{name}".lstrip("."), MODEL["shapes"][reference["shape"]]
        yield below, kind, name in described.get("required", ())
        if kind["type"] == "structure":
            yield from members(reference["shape"], below)


API = {path: (kind, required) for path, kind, required in members("CreateCompilationJobRequest")}


def test_the_table_has_every_field_that_the_installed_botocore_knows_and_no_other() -> None:
    known = {path for path, (kind, _) in API.items() if kind["type"] != "structure"}
    assert {field.path for field in FIELDS} == known, "docs/development/add-a-field.md"


def test_the_table_has_every_structure_and_no_other() -> None:
    known = {path for path, (kind, _) in API.items() if kind["type"] == "structure"}
    assert {structure.path for structure in STRUCTURES} == known


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_a_field_is_of_the_apis_type(field: Field) -> None:
    assert field.kind in KINDS_OF_TYPES[API[field.path][0]["type"]]


@pytest.mark.parametrize("each", [*FIELDS, *STRUCTURES], ids=lambda each: each.path)
def test_what_the_api_requires_is_required(each: Field | Structure) -> None:
    assert each.required == API[each.path][1]


def test_of_every_choice_both_sides_exist() -> None:
    assert {path for choice in ONE_OF for path in choice} <= API.keys()


def test_a_path_is_described_once() -> None:
    paths = [field.path for field in FIELDS]
    assert sorted(paths) == sorted(set(paths))


def test_no_two_fields_share_a_key_of_fleet_files_and_fingerprints() -> None:
    keys = [fields.short_path(field.path) for field in FIELDS]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("field", SETTABLE, ids=lambda field: field.path)
def test_what_authors_set_is_described_and_has_an_argument(field: Field) -> None:
    assert field.description.endswith(".")
    assert field.argument
