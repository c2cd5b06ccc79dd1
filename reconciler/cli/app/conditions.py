"""Evaluate a template's conditions: true, false, or None for what is not known yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def holds(
    conditions: Mapping[str, Any],
    name: str,
    value: Callable[[Any], Any],
    is_unknown: Callable[[object], bool],
) -> bool | None:
    """Return whether a named condition holds.

    Args:
        conditions: The template's conditions.
        name: Which one.
        value: Evaluates a value.
        is_unknown: Whether a value is known after the deployment only.
    """

    def of(node: Any) -> bool | None:  # noqa: ANN401 - JSON
        (function, argument), *_ = node.items()
        match function:
            case "Condition":
                return of(conditions[argument]) if argument in conditions else None
            case "Fn::Equals":
                one, other = map(value, argument)
                return None if is_unknown([one, other]) else str(one) == str(other)
            case "Fn::Not":
                found = of(argument[0])
                return None if found is None else not found
            case "Fn::And":
                return _all(list(map(of, argument)))
            case "Fn::Or":
                found = _all([None if each is None else not each for each in map(of, argument)])
                return None if found is None else not found
            case _:
                return None

    return of({"Condition": name})


def _all(found: list[bool | None]) -> bool | None:
    if False in found:
        return False
    return None if None in found else True
