"""What the maps of a fleet file say of one job, and the request that comes of it.

Defaults, model, target and override are layers: each sets fields of the request, nearer ones win.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from reconciler.core.fields import DEFAULT_MAX_RUNTIME, TAGS, Kind, nested, paths, short_path
from reconciler.rules.catalog.devices import DEVICES, DeviceKind
from reconciler.rules.catalog.options import OPTIONS
from reconciler.rules.json_text import Style, read
from reconciler.specs.fleet_form import JOB, STRUCTURES, TARGET_KEYS
from reconciler.specs.scalars import Decimal

Fields: TypeAlias = Mapping[str, Any]
_FIELDS: Final = frozenset((*JOB, *TARGET_KEYS, "existingJob"))
_JSON_FIELDS: Final = frozenset(map(short_path, paths(kind=Kind.JSON)))
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_INFERENTIA: Final = (DeviceKind.INF1, DeviceKind.INF2)


def _place(path: str) -> str:
    """Return the place in the request of the fleet file's key that holds a field."""
    _, dot, inner = short_path(path).partition(".")
    return path.removesuffix(dot + inner)


_PLACES: Final = {short_path(place): place for place in map(_place, paths())}


def fields_of(layer: Mapping[str, Any]) -> Fields:
    """Return what a map sets of the request, JSON as text.

    None removes what an outer layer sets. The order of inputs is kept: PyTorch binds by it.
    """
    return {name: _value(name, value) for name, value in layer.items() if name in _FIELDS}


def _value(name: str, value: object) -> object:
    if name == "Tags" and isinstance(value, list):
        return {pair["Key"]: pair["Value"] for pair in value}
    if name == "CompilerOptions" and isinstance(value, dict):
        return _json({key: _option(key, item) for key, item in value.items()})
    if name in _JSON_FIELDS and isinstance(value, (dict, list)):
        return _json(value)
    if name in STRUCTURES and isinstance(value, dict):
        return {key: item for key, item in value.items() if item is not None}
    return value


def _options_for(device: object, options: str) -> str:
    """Return CompilerOptions as the API takes them: Inferentia's flags are a JSON string."""
    known = DEVICES.get(device) if isinstance(device, str) else None
    if known is None or known.kind not in _INFERENTIA or options.startswith("${"):
        return options
    return _json(options) if read(options).style is Style.INVALID else options


def _option(key: str, value: object) -> object:
    """Return an option's value; ``cuda-ver: 10.2`` is a version, and versions are text."""
    option = OPTIONS.get(key)
    if isinstance(value, Decimal):
        return value.text
    if option is not None and option.form and type(value) is int:
        return str(value)
    return value


def _json(value: object) -> str:
    return _ENCODER.encode(value)


def merged_fields(*layers: Fields) -> dict[str, Any]:
    """Merge layers, far ones first: a nearer value wins, None takes one away, Tags add up."""
    merged: dict[str, Any] = {}
    tags: dict[str, Any] = {}
    for layer in layers:
        merged.update(layer)
        if isinstance(layer.get("Tags"), dict):
            tags.update(layer["Tags"])
        elif "Tags" in layer:
            tags = {}
    if tags:
        merged["Tags"] = tags
    return {key: value for key, value in merged.items() if value is not None}


def wire_of(merged: Fields) -> dict[str, Any]:
    """Return the CreateCompilationJob request of a job's merged fields."""
    wire = nested([(path, merged[key]) for key, path in _PLACES.items() if key in merged])
    output = wire.setdefault("OutputConfig", {})
    if isinstance(options := output.get("CompilerOptions"), str):
        output["CompilerOptions"] = _options_for(output.get("TargetDevice"), options)
    if not wire.get("StoppingCondition"):
        wire["StoppingCondition"] = {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME}
    if TAGS in wire:
        wire[TAGS] = [{"Key": key, "Value": value} for key, value in wire[TAGS].items()]
    return wire
