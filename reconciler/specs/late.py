"""A request without its late values, and those values under JSON pointers: what a Lambda merges.

The form is that of the custom resource's ``LateBound`` property: ``/RoleArn``,
``/VpcConfig/Subnets`` (lists whole), ``/InputConfig/DataInputConfig#/input0/2`` (a value inside a
field's JSON text, where a number stands as the placeholder of a number).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.rules.job import IsLate
from reconciler.rules.json_text import Style, pointer, read
from reconciler.specs.variables import is_placeholder

_JSON_FIELDS: Final = ("/InputConfig/DataInputConfig", "/OutputConfig/CompilerOptions")
_NUMBERS: Final = frozenset({"ANDROID_PLATFORM"})


def split_late(
    request: Mapping[str, Any], is_late: IsLate = is_placeholder
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The request with late values left out (or a placeholder inside JSON), and those values."""
    late: dict[str, Any] = {}
    known = _known(request, "", late, is_late)
    return known, late


def _known(
    node: Mapping[str, Any], path: str, late: dict[str, Any], is_late: IsLate
) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for key, value in node.items():
        at = path + pointer(key)
        if isinstance(value, Mapping):
            known[key] = _known(value, at, late, is_late)
        elif not is_late(value):
            known[key] = value
        elif at in _JSON_FIELDS and read(value).style is Style.JSON:
            known[key] = _json_field(value, at, late, is_late)
        else:
            late[at] = value
    return known


def _json_field(text: str, path: str, late: dict[str, Any], is_late: IsLate) -> str:
    document = json.loads(text)
    for steps, value in list(_leaves(document, ())):
        if is_late(value):
            late[f"{path}#{pointer(*steps)}"] = value
            holder = document
            for step in steps[:-1]:
                holder = holder[step]
            number = isinstance(steps[-1], int) or steps[-1] in _NUMBERS
            holder[steps[-1]] = 1 if number else ""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _leaves(node: object, steps: tuple[str | int, ...]) -> Iterator[tuple[tuple[Any, ...], object]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*steps, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _leaves(value, (*steps, index))
    else:
        yield steps, node
