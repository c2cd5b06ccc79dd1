"""What a request may not be, by botocore's service model, said as the service says it.

botocore's client checks only required members, types and minima; the service checks enums,
patterns and lengths too, and so does this module.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from neo_local.endpoint.errors import ServiceError, validation
from neo_local.endpoint.patterns import matches
from neo_local.endpoint.shapes import ServiceShapes, Shape

Json = Any  # a value as json.loads gives it
_SCALARS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a String"),
    "integer": ((int,), "Integer"),
    "long": ((int,), "Integer"),
    "float": ((int, float), "a Float"),
    "double": ((int, float), "a Double"),
    "boolean": ((bool,), "a Boolean"),
}


def parse_request(service: ServiceShapes, operation: str, body: object) -> dict[str, Any]:
    """Return the request without unknown members, timestamps as seconds since the epoch.

    Raises ServiceError: SerializationException for a value of the wrong type, and
    ValidationException with every violated constraint.
    """
    shape = service.input_shape(operation)
    request = _typed(service, shape, body, "")
    found = list(_violations(service, shape, request, ""))
    if found:
        noun = "validation error" if len(found) == 1 else "validation errors"
        raise validation(f"{len(found)} {noun} detected: {'; '.join(found)}")
    return dict(request)


def _typed(service: ServiceShapes, name: str, value: Json, path: str) -> Json:
    shape = service.shapes[name]
    match shape["type"]:
        case "structure":
            return _structure(service, shape, value, path)
        case "list":
            _expect(isinstance(value, list), path, "a list", value)
            item = shape["member"]["shape"]
            return [_typed(service, item, one, f"{path}[{i}]") for i, one in enumerate(value)]
        case "map":
            _expect(isinstance(value, dict), path, "a map", value)
            item = shape["value"]["shape"]
            return {key: _typed(service, item, one, f"{path}.{key}") for key, one in value.items()}
        case "timestamp":
            return _epoch(value, path)
        case scalar:
            types, article = _SCALARS[scalar]
            boolean = isinstance(value, bool) and bool not in types
            _expect(isinstance(value, types) and not boolean, path, article, value)
            return value


def _structure(service: ServiceShapes, shape: Shape, value: Json, path: str) -> dict[str, Any]:
    _expect(isinstance(value, dict), path, "a structure", value)
    members: Mapping[str, Shape] = shape.get("members", {})
    return {
        key: _typed(service, member["shape"], value[key], f"{path}.{key}" if path else key)
        for key, member in members.items()
        if value.get(key) is not None
    }


def _epoch(value: Json, path: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        return dt.datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError):
        _expect(False, path, "a timestamp", value)
        raise


def _expect(condition: bool, path: str, wanted: str, value: object) -> None:
    if not condition:
        kinds = {bool: "a boolean", str: "a string", list: "a list", dict: "a structure"}
        got = kinds.get(type(value), "null" if value is None else "a number")
        where = path or "the request"
        raise ServiceError("SerializationException", f"{where}: {got} can not be read as {wanted}")


def _violations(service: ServiceShapes, name: str, value: Json, path: str) -> Iterator[str]:
    shape = service.shapes[name]
    match shape["type"]:
        case "structure":
            yield from _structure_violations(service, shape, value, path)
        case "list":
            yield from _list_violations(service, shape, value, path)
        case "map":
            yield from _map_violations(service, shape, value, path)
        case _:
            for constraint in _constraints_broken(shape, value):
                yield _sentence(_quoted(value), path, constraint)


def _structure_violations(
    service: ServiceShapes, shape: Shape, value: Mapping[str, Any], path: str
) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for key, member in shape.get("members", {}).items():
        where = prefix + key[0].lower() + key[1:]
        if key in value:
            yield from _violations(service, member["shape"], value[key], where)
        elif key in shape.get("required", ()):
            yield _sentence("null", where, "Member must not be null")


def _list_violations(
    service: ServiceShapes, shape: Shape, value: list[Any], path: str
) -> Iterator[str]:
    shown = _quoted(value)
    for constraint in _size_broken(shape, len(value), "length"):
        yield _sentence(shown, path, constraint)
    item = service.shapes[shape["member"]["shape"]]
    if item["type"] == "structure":
        for index, one in enumerate(value, 1):
            yield from _violations(service, shape["member"]["shape"], one, f"{path}.{index}.member")
    elif any(any(_constraints_broken(item, one)) for one in value):
        yield _sentence(shown, path, f"Member must satisfy constraint: [{_rules(item)}]")


def _map_violations(
    service: ServiceShapes, shape: Shape, value: Mapping[str, Any], path: str
) -> Iterator[str]:
    for constraint in _size_broken(shape, len(value), "length"):
        yield _sentence(_quoted(value), path, constraint)
    for side, members in (("key", value.keys()), ("value", value.values())):
        item = service.shapes[shape[side]["shape"]]
        for one in members:
            if any(_constraints_broken(item, one)):
                constraint = f"Map {side} must satisfy constraint: [{_rules(item)}]"
                yield _sentence(_quoted(one), path, constraint)


def _constraints_broken(shape: Shape, value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from _size_broken(shape, len(value), "length")
        if "pattern" in shape and not matches(shape["pattern"], value):
            yield f"Member must satisfy regular expression pattern: {shape['pattern']}"
        if "enum" in shape and value not in shape["enum"]:
            yield f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
    elif isinstance(value, int | float):
        yield from _size_broken(shape, value, "value")


def _size_broken(shape: Shape, size: float, noun: str) -> Iterator[str]:
    if "max" in shape and size > shape["max"]:
        yield f"Member must have {noun} less than or equal to {shape['max']}"
    if "min" in shape and size < shape["min"]:
        yield f"Member must have {noun} greater than or equal to {shape['min']}"


def _rules(shape: Shape) -> str:
    rules = [
        f"Member must have length less than or equal to {shape['max']}" if "max" in shape else "",
        f"Member must have length greater than or equal to {shape.get('min', 0)}",
        f"Member must satisfy regular expression pattern: {shape['pattern']}"
        if "pattern" in shape
        else "",
    ]
    return ", ".join(rule for rule in rules if rule)


def _quoted(value: object) -> str:
    """Return a value as errors show it: lists without quotes, structures as JSON."""
    return f"'{_shown(value)}'"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _sentence(value: str, path: str, constraint: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"
