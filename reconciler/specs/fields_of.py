"""What a map of a fleet says of the request: the API's keys with values in wire form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from reconciler.rules.catalog.devices import DEVICES, Kind
from reconciler.rules.catalog.options import OPTIONS
from reconciler.rules.json_text import Style, read
from reconciler.specs.fleet_form import JOB
from reconciler.specs.scalars import Decimal

Fields: TypeAlias = Mapping[str, Any]
_FIELDS: Final = frozenset((*JOB, "TargetDevice", "TargetPlatform"))
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_MAPS: Final = ("StoppingCondition", "TargetPlatform")
_INFERENTIA: Final = (Kind.INF1, Kind.INF2)


def fields_of(layer: Mapping[str, Any]) -> Fields:
    """The fields that a map sets. None means that an outer map's value is taken away."""
    fields = {name: value for name, value in layer.items() if name in _FIELDS}
    tags = fields.get("Tags")
    if isinstance(tags, list):
        fields["Tags"] = {pair["Key"]: pair["Value"] for pair in tags}
    for name in _MAPS:
        value = fields.get(name)
        if isinstance(value, dict) and None in value.values():
            fields[name] = {key: item for key, item in value.items() if item is not None}
    return fields


def inputs_text(value: object) -> object:
    """DataInputConfig as the API takes it. The order of inputs is kept: PyTorch binds by it."""
    return _json(value) if isinstance(value, (dict, list)) else value


def options_text(value: object, device: object) -> object:
    """CompilerOptions as the API takes it: a map as JSON, Inferentia's flags as a JSON string."""
    if isinstance(value, dict):
        return _json({key: _option(key, item) for key, item in value.items()})
    if not isinstance(value, str) or value.startswith("${"):
        return value
    known = DEVICES.get(device) if isinstance(device, str) else None
    if known is not None and known.kind in _INFERENTIA and read(value).style is Style.INVALID:
        return _json(value)
    return value


def _option(key: str, value: object) -> object:
    """``cuda-ver: 10.2`` is a version, and versions are text."""
    option = OPTIONS.get(key)
    if isinstance(value, Decimal):
        return value.text
    if option is not None and option.form and type(value) is int:
        return str(value)
    return value


def _json(value: object) -> str:
    return _ENCODER.encode(value)
