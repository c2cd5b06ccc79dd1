"""Declared against observed, field by field, and only what was declared.

What the service fills in, drops or rewrites where nothing was declared is no drift. JSON-valued
fields are compared by what they mean. Recorded: Describe left out a MaxWaitTimeInSeconds that had
been sent, so a declared setting that Describe does not show is no drift either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.core.canonical import Json, parsed
from reconciler.core.fields import TAGS, Kind, paths

_JSON: Final = frozenset(paths(kind=Kind.JSON))
_UNORDERED: Final = frozenset(paths(kind=Kind.TEXTS))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A declared field whose observed value is another. ``path`` is dotted, the API's names."""

    path: str
    declared: Json
    observed: Json


def diff(declared: Mapping[str, Json], observed: Mapping[str, object]) -> tuple[FieldChange, ...]:
    """The declared fields whose observed values differ, in the declared order.

    Args:
        declared: The request as it was sent, in wire form. Its Tags are left out: tags are
            compared by ``tag_changes``.
        observed: DescribeCompilationJob's answer.
    """
    fields = {key: value for key, value in declared.items() if key != TAGS}
    return tuple(_changes(fields, observed, ""))


def tag_changes(
    declared: Mapping[str, str], observed: Mapping[str, str], dropped: frozenset[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The tags to set, and the keys to remove.

    Only tags that are declared, or were (``dropped``), count: what others have put on is theirs.
    """
    to_set = {key: value for key, value in declared.items() if observed.get(key) != value}
    to_remove = sorted(key for key in dropped if key in observed and key not in declared)
    return to_set, tuple(to_remove)


def _changes(
    declared: Mapping[str, Json], observed: Mapping[str, object], path: str
) -> Iterator[FieldChange]:
    for key, value in declared.items():
        here = f"{path}.{key}" if path else key
        seen = observed.get(key)
        if seen is None:
            continue
        if isinstance(value, dict) and isinstance(seen, Mapping):
            yield from _changes(value, seen, here)
        elif _meaning(here, value) != _meaning(here, seen):
            yield FieldChange(here, value, _plain(seen))


def _meaning(path: str, value: object) -> object:
    if path in _JSON and isinstance(value, str):
        return parsed(value)
    if path in _UNORDERED and isinstance(value, list | tuple):
        return sorted(str(item) for item in value)
    return value


def _plain(value: object) -> Json:
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)
