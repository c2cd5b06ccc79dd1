"""Is a request well formed by the API's model? A quick yes, so that the slow words are rare.

A null is not well formed: botocore refuses it before anything is sent.
``fields.check_request`` says what is wrong and where; here only whether anything is. Checks are
made once for each of the API's shapes, and remember the texts that they have seen, since in a
fleet most values repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

from reconciler.rules import api

_Check: TypeAlias = Callable[[Any], bool]
_REMEMBERED: Final = 4096


def well_formed(wire: Mapping[str, object]) -> bool:
    """Whether neither ``fields.check_request`` nor ``nulls.check`` has anything to say."""
    output = wire.get("OutputConfig")
    return (
        isinstance(output, dict)
        and ("InputConfig" in wire) != ("ModelPackageVersionArn" in wire)
        and ("TargetDevice" in output) != ("TargetPlatform" in output)
        and _request()(wire)
    )


@cache
def _request() -> _Check:
    return _check(api.request_shape(), optional=frozenset({"CompilationJobName"}))


def _check(shape: Mapping[str, Any], optional: frozenset[str] = frozenset()) -> _Check:
    match shape["type"]:
        case "structure":
            return _structure(shape, optional)
        case "list":
            return _list(shape)
        case "string":
            return _string(shape)
        case _:
            return _integer(shape)


def _structure(shape: Mapping[str, Any], optional: frozenset[str]) -> _Check:
    members = {name: _check(api.shape(of)) for name, of in shape["members"].items()}
    required = [name for name in shape.get("required", ()) if name not in optional]

    def check(value: object) -> bool:
        if type(value) is not dict:
            return False
        for name in required:
            if value.get(name) is None:
                return False
        for name, item in value.items():
            member = members.get(name)
            if member is None or not member(item):
                return False
        return True

    return check


def _list(shape: Mapping[str, Any]) -> _Check:
    member = _check(api.shape(shape["member"]))
    low, high = shape.get("min", 0), shape.get("max", float("inf"))

    def check(value: object) -> bool:
        return type(value) is list and low <= len(value) <= high and all(map(member, value))

    return check


def _string(shape: Mapping[str, Any]) -> _Check:
    if "enum" in shape:
        values = frozenset(shape["enum"])
        return lambda value: type(value) is str and value in values
    low, high = shape.get("min", 0), shape.get("max", float("inf"))
    pattern = shape.get("pattern")
    matches = None if pattern is None else api.compiled_pattern(pattern).fullmatch

    @lru_cache(maxsize=_REMEMBERED)
    def remembered(value: str) -> bool:
        return low <= len(value) <= high and (matches is None or matches(value) is not None)

    return lambda value: type(value) is str and remembered(value)


def _integer(shape: Mapping[str, Any]) -> _Check:
    low, high = shape.get("min", float("-inf")), shape.get("max", float("inf"))
    return lambda value: type(value) is int and low <= value <= high
