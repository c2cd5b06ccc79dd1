"""Greengrass components as MiniStack is taught to make them: checked, kept, immutable."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo_local.cloudformation import greengrass


@pytest.fixture
def component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_LOCAL_INSTANCE", str(tmp_path))
    monkeypatch.setenv("MINISTACK_REGION", "us-east-1")
    monkeypatch.setenv("MINISTACK_ACCOUNT_ID", "000000000000")


RECIPE = (
    '{"RecipeFormatVersion":"2020-01-25","ComponentName":"com.example.net",'
    '"ComponentVersion":"%s","Manifests":[]}'
)


@pytest.mark.usefixtures("component")
def test_a_components_version_is_made_once_and_can_be_made_again_when_it_is_gone() -> None:
    made, given = greengrass.create_component("", {"InlineRecipe": RECIPE % "1.0.0"}, "stack")
    assert given == {"ComponentName": "com.example.net", "ComponentVersion": "1.0.0"}
    with pytest.raises(ValueError, match="already exists"):
        greengrass.create_component("", {"InlineRecipe": RECIPE % "1.0.0"}, "stack")
    greengrass.delete_component(made, {})
    assert greengrass.create_component("", {"InlineRecipe": RECIPE % "1.0.0"}, "stack")[0] == made


@pytest.mark.usefixtures("component")
@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        ("{", "must be JSON"),
        ("{}", "RecipeFormatVersion"),
        (RECIPE % "one", "ComponentVersion"),
        (RECIPE.replace("[]", '[{"Artifacts":[{"Uri":"s3://b"}]}]') % "1.0.0", "not s3://bucket/key"),
    ],
    ids=["must be JSON", "no format", "no version", "no object"],
)  # fmt: skip
def test_a_recipe_that_greengrass_would_refuse_is_refused(recipe: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        greengrass.create_component("", {"InlineRecipe": recipe}, "stack")
