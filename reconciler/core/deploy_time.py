"""Deploy-time values: what only CloudFormation knows, put back into a request.

A CDK token inside a JSON text would be joined into it unescaped. So synthesis takes each one out
(``core.extraction``), and the Lambda puts the real value back with ``resolve``. On the way, in
the property LateBound, a value stands under a JSON pointer into the request:

* ``/RoleArn``, ``/VpcConfig/Subnets``: the field as a whole;
* ``/InputConfig/DataInputConfig#/data/0``: a member of the document in that field's JSON text,
  where a placeholder of the value's type stands.

Fleets, whose jobs share their values, use named variables instead: ``core.fleet.variables``.
CloudFormation turns numbers into text, so whatever is put back takes the type of its place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from reconciler.core.fields import Kind, members, paths
from reconciler.core.json_pointer import step_into, steps_of

_SECONDS: Final = members(paths(kind=Kind.SECONDS))
_SHOWN: Final = 100


class DeployTimeError(ValueError):
    """A deploy-time value does not fit its place; the message names it."""


def resolve(request: dict[str, Any], values: Mapping[str, object]) -> dict[str, Any]:
    """Put deploy-time values into a request. Raise DeployTimeError for one that does not fit."""
    for at, value in sorted(values.items()):
        put(request, at, value, _like_placeholder)
    return with_whole_seconds(request)


def put(
    request: dict[str, Any],
    at: str,
    value: object,
    convert: Callable[[object, object], object] = lambda _, value: value,
) -> None:
    """Put a value where a pointer says.

    Args:
        request: The request, which is changed.
        at: The pointer.
        value: The value.
        convert: Makes the value of a JSON document's member from what stands there, and it.
    """
    outer, _, inner = at.partition("#")
    try:
        *above, last = steps_of(outer)
    except ValueError as error:
        raise DeployTimeError(str(error)) from None
    node = request
    for step in above:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            raise DeployTimeError(f"{at!r} points into a value that is not an object")
    node[last] = _with_member(node.get(last), inner, value, convert, at) if inner else value


def _with_member(
    text: object, inner: str, value: object, convert: Callable[[object, object], object], at: str
) -> str:
    try:
        document: Any = json.loads(text) if isinstance(text, str) else None
        holder = document
        *above, last = steps_of(inner)
        for step in above:
            holder = holder[step_into(holder, step)]
        key = step_into(holder, last)
        holder[key] = convert(holder[key], value)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        shown = str(value)[:_SHOWN]
        raise DeployTimeError(f"{at!r} = {shown!r} does not fit the field's JSON") from None
    return json_text(document)


def _like_placeholder(placeholder: object, value: object) -> object:
    is_number = isinstance(placeholder, int | float) and not isinstance(placeholder, bool)
    return number(value) if is_number else value


def number(value: object) -> int | float:
    """Return the number that a value's text reads as. Raise ValueError for other text."""
    text = str(value)
    found = int(text) if text.lstrip("+-").isdigit() else float(text)
    if not math.isfinite(found):
        raise ValueError(f"{text} is not a JSON number")
    return found


def with_whole_seconds(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request whose durations are numbers. Raise DeployTimeError for other text."""
    for structure, names in _SECONDS.items():
        node = request.get(structure)
        if isinstance(node, dict):
            request = {**request, structure: {**node, **_whole(structure, names, node)}}
    return request


def _whole(structure: str, names: Sequence[str], node: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        if isinstance(text := node.get(name), str):
            try:
                found[name] = int(text)
            except ValueError:
                raise DeployTimeError(
                    f"{structure}.{name} must be a whole number, got {text[:_SHOWN]!r}"
                ) from None
    return found


def json_text(value: object) -> str:
    """Return the one-line JSON text of a document; names keep their order, which Neo minds."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
