"""The JSON Schema of fleet files, for editors: keys, values and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.rules.catalog.options import ANDROID_API_LEVELS, DTYPES, OPTIONS
from reconciler.spec.descriptions import DESCRIPTIONS
from reconciler.spec.durations import FORM
from reconciler.spec.fleet_spec import API_VERSION, Fleet
from reconciler.spec.schema_values import (
    ACCELERATOR,
    ARCH,
    DIALECT,
    OS,
    REFERENCE,
    choice,
    devices,
    frameworks,
)


def fleet_schema() -> dict[str, Any]:
    """The schema of fleet files (JSON Schema draft-07, which editors know best)."""
    schema = _cleaned(Fleet.model_json_schema(ref_template="#/definitions/{model}"))
    schema["definitions"] = schema.pop("$defs")
    for definition in [schema, *schema["definitions"].values()]:
        for name, old in definition.get("properties", {}).items():
            definition["properties"][name] = _property(name, old)
    for name, make in _SPECIAL.items():
        schema["definitions"][name] = {"description": DESCRIPTIONS[name], **make()}
    schema["definitions"]["Platform"]["required"] = ["Os", "Arch"]
    schema["properties"]["apiVersion"]["enum"] = [API_VERSION]
    return {
        "$schema": DIALECT,
        "$id": "urn:neo-as-code:schema:fleet:v1",
        "title": "A fleet of SageMaker Neo compilation jobs",
        **{key: schema[key] for key in sorted(schema) if key not in ("title", "$schema")},
    }


def _cleaned(node: Any) -> Any:  # noqa: ANN401 - JSON
    """Pydantic's schema without titles, without null alternatives, without tags of unions."""
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _cleaned(value) for key, value in node.items() if not _is_noise(key, value, node)}
    choices = [item for item in made.get("anyOf", []) if item != {"type": "null"}]
    if "anyOf" in made and len(choices) == 1:
        del made["anyOf"]
        made = {**choices[0], **made}
    return made


def _is_noise(key: str, value: object, node: Mapping[str, object]) -> bool:
    if key == "title":
        return isinstance(value, str) and "title" not in node.get("properties", {})  # type: ignore[operator]
    return key == "default" and value in (None, [], {})


def _property(name: str, old: dict[str, Any]) -> dict[str, Any]:
    if name in _SPECIAL:
        return {"$ref": f"#/definitions/{name}"}
    return {"description": DESCRIPTIONS[name], **old} if name in DESCRIPTIONS else old


def _options() -> dict[str, Any]:
    return {
        "anyOf": [
            {
                "type": "object",
                "properties": {name: _option(name) for name in OPTIONS},
                "additionalProperties": True,
            },
            {"type": "string", "minLength": 1},
        ]
    }


def _option(name: str) -> dict[str, Any]:
    option = OPTIONS[name]
    goes_with = f"For {option.goes_with}. " if option.goes_with else ""
    text = f"{goes_with}Such as {option.example} ({option.standing.value}: {option.source})."
    match name:
        case "ANDROID_PLATFORM":
            levels = {"minimum": ANDROID_API_LEVELS.start, "maximum": ANDROID_API_LEVELS.stop - 1}
            return {"description": text, "type": ["integer", "string"], **levels}
        case "dtype" | "DTYPE":
            return {"description": text, "type": "string", "enum": list(DTYPES)}
        case "mattr" | "output_names":
            return {"description": text, "type": "array", "items": {"type": "string"}}
        case _:
            return {"description": text}


def _inputs() -> dict[str, Any]:
    dimension = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}
    shape = {"type": "array", "items": dimension}
    some = {"type": "array", "items": {"anyOf": [dimension, shape]}}
    coreml = {
        "type": "object",
        "description": "Core ML: an input as a map.",
        "properties": {
            "shape": some,
            "default_shape": shape,
            "type": {"type": "string", "enum": ["Image", "Tensor"]},
            "bias": {"type": "array", "items": {"type": "number"}},
            "scale": {"type": "number"},
        },
        "required": ["shape"],
    }
    entry = {"anyOf": [shape, coreml]}
    return {
        "anyOf": [
            {"type": "object", "additionalProperties": entry},
            {"type": "array", "items": entry},
            {"type": "string"},
        ],
        "examples": [{"input0": [1, 3, 224, 224]}],
    }


def _duration() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "string", "pattern": FORM},
            {"type": "string", "pattern": REFERENCE},
        ],
        "examples": ["15m", 900],
    }


def _texts_or_number() -> dict[str, Any]:
    return {"type": ["string", "number"], "examples": ["1.8", "2.0"]}


_SPECIAL: Final[Mapping[str, Any]] = {
    "TargetDevice": lambda: choice(devices()),
    "Framework": frameworks,
    "FrameworkVersion": _texts_or_number,
    "Os": lambda: choice(OS),
    "Arch": lambda: choice(ARCH),
    "Accelerator": lambda: choice(ACCELERATOR),
    "CompilerOptions": _options,
    "DataInputConfig": _inputs,
    "MaxRuntimeInSeconds": _duration,
    "MaxWaitTimeInSeconds": _duration,
    "MaxPendingTimeInSeconds": _duration,
    "targets": lambda: _targets(),
}


def _targets() -> dict[str, Any]:
    named = {"anyOf": [choice(devices(), free=False), {"type": "string"}]}
    target = {"$ref": "#/definitions/Target"}
    empty = {"anyOf": [target, {"type": "null"}]}
    by_name = {name: {**empty, "description": text} for name, text in devices().items()}
    return {
        "anyOf": [
            {"type": "array", "items": {"anyOf": [named, target]}},
            {"type": "object", "properties": by_name, "additionalProperties": empty},
        ]
    }
