"""What a map of a fleet says of the request: the API's keys with values in wire form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from reconciler.core.fields import Kind, paths, short_path
from reconciler.rules.catalog.devices import DEVICES
from reconciler.rules.catalog.devices import Kind as DeviceKind
from reconciler.rules.catalog.options import OPTIONS
from reconciler.rules.json_text import Style, read
from reconciler.specs.fleet_form import JOB, STRUCTURES, TARGET_KEYS
from reconciler.specs.scalars import Decimal

Fields: TypeAlias = Mapping[str, Any]
_FIELDS: Final = frozenset((*JOB, *TARGET_KEYS))
_JSON_FIELDS: Final = frozenset(map(short_path, paths(kind=Kind.JSON)))
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_INFERENTIA: Final = (DeviceKind.INF1, DeviceKind.INF2)


def fields_of(layer: Mapping[str, Any]) -> Fields:
    """Return what a map sets of the request, JSON as text.

    None takes away what an outer map says. The order of inputs is kept: PyTorch binds by it.
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


def options_text(value: object, device: object) -> object:
    """Return CompilerOptions as the API takes it: Inferentia's flags are a JSON string."""
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
