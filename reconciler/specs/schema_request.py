"""The JSON Schemas of requests in the AWS CLI's form, and of policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.rules import api
from reconciler.specs.descriptions import DESCRIPTIONS, POLICY_DESCRIPTIONS
from reconciler.specs.schema_values import (
    ACCELERATOR,
    ARCH,
    DIALECT,
    OS,
    about_framework,
    api_text,
    choice,
    devices,
)


def request_schema() -> dict[str, Any]:
    """Return the schema of requests in the AWS CLI's form: one, or a list of them."""
    return {
        "$schema": DIALECT,
        "$id": "urn:neo-as-code:schema:request:v1",
        "title": "CreateCompilationJob, as --cli-input-json and --cli-input-yaml take it",
        "anyOf": [
            {"$ref": "#/definitions/Request"},
            {"type": "array", "items": {"$ref": "#/definitions/Request"}, "minItems": 1},
        ],
        "definitions": {"Request": _shape(api.request_shape(), "")},
    }


def _shape(shape: Mapping[str, Any], name: str) -> dict[str, Any]:
    about = {"description": DESCRIPTIONS[name]} if name in DESCRIPTIONS else {}
    match shape["type"]:
        case "structure":
            members = shape["members"]
            required = [key for key in shape.get("required", []) if key != "CompilationJobName"]
            return {
                **about,
                "type": "object",
                "properties": {key: _shape(api.shape(members[key]), key) for key in members},
                "additionalProperties": False,
                **({"required": required} if required else {}),
            }
        case "list":
            limits = {f"{key}Items": shape[key] for key in ("min", "max") if key in shape}
            items = _shape(api.shape(shape["member"]), "")
            return {**about, "type": "array", "items": items, **limits}
        case "integer":
            limits = {f"{key}imum": shape[key] for key in ("min", "max") if key in shape}
            return {**about, "type": "integer", **limits}
        case _ if name in _TEXTS:
            return {**about, **choice(_TEXTS[name](), free=False)}
        case _:
            limits = {f"{key}Length": shape[key] for key in ("min", "max") if key in shape}
            return {**about, **api_text(shape, variables=False), **limits}


_TEXTS: Final[Mapping[str, Any]] = {
    "TargetDevice": devices,
    "Framework": lambda: {name: about_framework(name) for name in api.FRAMEWORKS},
    "Os": lambda: OS,
    "Arch": lambda: ARCH,
    "Accelerator": lambda: ACCELERATOR,
}


def policy_schema() -> dict[str, Any]:
    """Return the schema of an organisation's policy."""
    texts = {"type": "array", "items": {"type": "string"}}
    kinds: Mapping[str, dict[str, Any]] = {
        "requireKmsKey": {"type": "boolean"},
        "requireVpc": {"type": "boolean"},
        "maxRuntimeSeconds": {"type": "integer", "minimum": 1},
        "maxWaitTimeSeconds": {"type": "integer", "minimum": 1},
        "requiredTags": {"anyOf": [texts, {"type": "object", "additionalProperties": texts}]},
        "devices": {"type": "array", "items": choice(devices(), free=False)},
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:neo-as-code:schema:policy:v1",
        "title": "What an organisation demands of every compilation job",
        "type": "object",
        "properties": {
            key: {"description": text, **kinds.get(key, texts)}
            for key, text in POLICY_DESCRIPTIONS.items()
        },
        "additionalProperties": False,
    }
