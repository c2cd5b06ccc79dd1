"""A fleet without what is wrong with its form, so that the rest can be read in the same run."""

from __future__ import annotations

import copy
from typing import Any, Final

from pydantic_core import ValidationError

from reconciler.specs.places import Step

DROPPED: Final = "\x00"
"""Stands in a list for an item that was left out, so that the others keep their places."""

_NAMES: Final = ("targets", "exclude")
_STAND_INS: Final = {"apiVersion": "neo-as-code/v1", "owner": "owner"}


def without_errors(value: object, error: ValidationError) -> object:
    """The value with everything left out that the error names."""
    pruned: Any = copy.deepcopy(value)
    for detail in error.errors(include_url=False, include_input=False):
        steps = tuple(step for step in detail["loc"] if not _is_mark(step))
        if detail["type"] == "missing" and len(steps) == 1:
            _stand_in(pruned, str(steps[0]))
        else:
            _drop(pruned, steps[:-1] if detail["type"] == "missing" else steps)
    return pruned


def _is_mark(step: Step) -> bool:
    """Whether a step is pydantic's own: a union's tag, or the mark of a map's key."""
    return step == "[key]" or (isinstance(step, str) and step[:1] == "<" and step[-1:] == ">")


def _stand_in(pruned: object, key: str) -> None:
    if isinstance(pruned, dict) and key in _STAND_INS:
        pruned[key] = _STAND_INS[key]


def _drop(pruned: object, steps: tuple[Step, ...]) -> None:
    node: Any = pruned
    holder: Any = None
    for number, step in enumerate(steps):
        if isinstance(node, dict) and str(step) in node:
            holder, node = (node, str(step)), node[str(step)]
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            if number == len(steps) - 1 and holder is not None and holder[1] in _NAMES:
                node[step] = DROPPED
                return
            if number == len(steps) - 1:
                break
            holder, node = (node, step), node[step]
        else:
            return
    if holder is not None:
        _remove(*holder)


def _remove(node: Any, key: Step) -> None:  # noqa: ANN401 - a map or list of the document
    if isinstance(node, dict):
        if key in _STAND_INS:
            node[key] = _STAND_INS[str(key)]
        else:
            node.pop(key, None)
    else:
        node[key] = DROPPED
