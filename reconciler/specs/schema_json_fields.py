"""The JSON Schemas of the fields that hold JSON: CompilerOptions and DataInputConfig."""

from __future__ import annotations

from typing import Any

from reconciler.rules.catalog.options import ANDROID_API_LEVELS, DTYPES, OPTIONS
from reconciler.specs.schema_values import REFERENCE


def options() -> dict[str, Any]:
    """Return the schema of CompilerOptions."""
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
    text = f"{goes_with}Such as {option.example} ({option.evidence.value}: {option.source})."
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


def inputs() -> dict[str, Any]:
    """Return the schema of DataInputConfig."""
    reference = {"type": "string", "pattern": REFERENCE}
    dimension = {"anyOf": [{"type": "integer", "minimum": 1}, reference]}
    shape = {"type": "array", "items": dimension}
    bounds = {"type": "string", "pattern": r"^\s*\d+\s*\.\.\s*\d+\s*$"}
    some = {"type": "array", "items": {"anyOf": [dimension, bounds, shape]}}
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
    entry = {"anyOf": [shape, coreml, reference]}
    return {
        "anyOf": [
            {"type": "object", "additionalProperties": entry},
            {"type": "array", "items": entry},
            {"type": "string", "minLength": 1},
            {"type": "null"},
        ],
        "examples": [{"input0": [1, 3, 224, 224]}],
    }
