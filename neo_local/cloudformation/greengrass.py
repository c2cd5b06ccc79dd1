"""AWS::GreengrassV2::ComponentVersion: a recipe, checked, and kept in the data folder."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

Properties = Mapping[str, Any]
Made = tuple[str, dict[str, str]]
_COMPONENT_NAME = re.compile(r"[a-zA-Z0-9\-_.]{1,128}")
_VERSION = re.compile(r"\d+\.\d+\.\d+([\-+].+)?")


def create_component(_logical_id: str, properties: Properties, _stack: str) -> Made:
    """Keep a component's version whose recipe can be read and whose artifacts are there."""
    recipe = _recipe(properties)
    name, version = recipe["ComponentName"], recipe["ComponentVersion"]
    for manifest in recipe.get("Manifests", []):
        for artifact in manifest.get("Artifacts", []):
            _check_artifact(str(artifact.get("Uri", artifact.get("URI", ""))))
    region, account = os.environ["MINISTACK_REGION"], os.environ["MINISTACK_ACCOUNT_ID"]
    arn = f"arn:aws:greengrass:{region}:{account}:components:{name}:versions:{version}"
    kept = _components()
    if arn in kept:
        raise ValueError(f"Component [{name} : {version}] for account [{account}] already exists")
    _keep(kept | {arn: recipe})
    return arn, {"ComponentName": name, "ComponentVersion": version}


def update_component(physical_id: str, old: Properties, properties: Properties, stack: str) -> Made:
    """Make another version, since a version is immutable."""
    made = create_component("", properties, stack)
    delete_component(physical_id, old)
    return made


def delete_component(physical_id: str, _properties: Properties) -> None:
    """Forget a version; its artifacts stay."""
    _keep({arn: recipe for arn, recipe in _components().items() if arn != physical_id})


def _recipe(properties: Properties) -> dict[str, Any]:
    try:
        recipe = json.loads(properties.get("InlineRecipe") or "")
    except ValueError as error:
        raise ValueError(f"InlineRecipe must be JSON here, not YAML: {error}") from None
    if recipe.get("RecipeFormatVersion") != "2020-01-25":
        raise ValueError("RecipeFormatVersion must be 2020-01-25")
    if not _COMPONENT_NAME.fullmatch(str(recipe.get("ComponentName", ""))):
        raise ValueError(f"ComponentName is {recipe.get('ComponentName')!r}")
    if not _VERSION.fullmatch(str(recipe.get("ComponentVersion", ""))):
        raise ValueError(f"ComponentVersion is {recipe.get('ComponentVersion')!r}, not 1.0.0")
    return dict(recipe)


def _check_artifact(uri: str) -> None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not key:
        raise ValueError(f"An artifact's Uri is {uri!r}, not s3://bucket/key")
    try:
        boto3.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise ValueError(f"The artifact {uri} cannot be read: {error}") from None


def _components() -> dict[str, Any]:
    path = _file()
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _keep(components: Mapping[str, Any]) -> None:
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps(components))
    temporary.replace(_file())


def _file() -> Path:
    return Path(os.environ["NEO_LOCAL_INSTANCE"]) / "components.json"
