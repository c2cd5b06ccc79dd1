"""Compare declared with observed, field by field, and only what was declared.

What the service fills in, drops or rewrites where nothing was declared is not drift. JSON-valued
fields are compared by what they mean. Recorded: Describe left out a MaxWaitTimeInSeconds that had
been sent, so a declared setting that Describe does not show is not drift either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.core.canonical import parsed
from reconciler.core.fields import Kind, Role, paths
from reconciler.core.request import JobRequest

_JSON: Final = frozenset(paths(kind=Kind.JSON))
_UNORDERED: Final = frozenset(paths(kind=Kind.TEXTS))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A declared field with another observed value. ``path`` is dotted, in the API's names."""

    path: str
    declared: object
    observed: object

    def __str__(self) -> str:
        return f"{self.path}: {_text(self.observed)} -> {_text(self.declared)}"


def diff(
    declared: JobRequest,
    observed: Mapping[str, object],
    role: Role,
    *,
    missing_differs: bool = False,
) -> tuple[FieldChange, ...]:
    """Return the declared fields of a role whose observed values differ.

    Args:
        declared: The request.
        observed: DescribeCompilationJob's answer.
        role: What a change of the fields means; tags are compared by ``tag_changes``.
        missing_differs: Whether a declared field that is not observed counts.
    """
    pairs = (
        (path, declared.values.get(path), value_at(observed, path)) for path in paths(role=role)
    )
    return tuple(
        FieldChange(path, wanted, actual)
        for path, wanted, actual in pairs
        if wanted is not None
        and (missing_differs or actual is not None)
        and _meaning(path, wanted) != _meaning(path, actual)
    )


def tag_changes(
    declared: Mapping[str, str], observed: Mapping[str, str], dropped: frozenset[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tags to set, and the keys to remove.

    Only tags that are declared, or were (``dropped``), count: tags that others added stay.
    """
    to_set = {key: value for key, value in declared.items() if observed.get(key) != value}
    to_remove = sorted(key for key in dropped if key in observed and key not in declared)
    return to_set, tuple(to_remove)


def value_at(observed: Mapping[str, object], path: str) -> object:
    """Return what Describe says of a field; None if it does not show it."""
    node: object = observed
    for step in path.split("."):
        node = node.get(step) if isinstance(node, Mapping) else None
    return node


def _meaning(path: str, value: object) -> object:
    if path in _JSON and isinstance(value, str):
        return parsed(value)
    if path in _UNORDERED and isinstance(value, list | tuple):
        return sorted(str(item) for item in value)
    return value


def _text(value: object) -> str:
    return json.dumps(value, default=str)
