"""Pydantic's errors about a fleet, as findings with the keys and places of the file.

What is left of the fleet can then be read, and judged by the rules, in the same run.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails, ValidationError

from reconciler.rules.finding import Finding, quoted
from reconciler.rules.suggestion import did_you_mean
from reconciler.specs import codes
from reconciler.specs.fleet_form import keys_at
from reconciler.specs.source import Place, Problem, Step, find, path_of

_WANTED: Final[Mapping[str, str]] = {
    "string_type": "a string",
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
}
_ALLOWED: Final[Mapping[str, str]] = {
    "tags": "{team: vision}",
    "target": "ml_c5, LINUX/ARM64/NVIDIA, or {TargetDevice: ml_c5, …}",
    "targets": "[ml_c5, jetson_nano]",
}
DROPPED: Final = "\x00"
"""Stands in a list for an item that was left out, so that the others keep their places."""

_NAMES: Final = ("targets", "exclude")
_STAND_INS: Final = {"apiVersion": "neo-as-code/v1", "owner": "owner"}


def problems_of(error: ValidationError, place: Place) -> list[Problem]:
    """Return every error of a validation, at its place in the document."""
    return [_problem(detail, place) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, place: Place) -> Problem:
    steps = tuple(step for step in detail["loc"] if not _is_mark(step))
    finding = _finding(detail, steps)
    at_key = detail["loc"][-1:] == ("[key]",) or finding.code in (
        codes.UNKNOWN_KEY.code,
        codes.MISSING_KEY.code,
    )
    if finding.code == codes.MISSING_KEY.code:
        steps = steps[:-1]
    return Problem(finding, find(place, steps, key=at_key))


def _finding(detail: ErrorDetails, steps: tuple[Step, ...]) -> Finding:
    path, kind = path_of(steps), detail["type"]
    last = path_of(steps[-2:] if steps and isinstance(steps[-1], int) else steps[-1:]) or "the file"
    got = quoted(detail["input"])
    context: Mapping[str, Any] = detail.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return _unknown(path, last, keys_at(steps[:-1]))
        case "missing":
            return codes.MISSING_KEY.at(path, f"{last} is required", hint=f"Add {path}.")
        case "spec":
            return codes.BAD_VALUE.at(path, detail["msg"], got=got, allowed=str(context["allowed"]))
        case "tags" | "target" | "targets":
            return codes.WRONG_TYPE.at(path, detail["msg"], got=got, allowed=_ALLOWED[kind])
        case "too_short":
            return codes.BAD_VALUE.at(path, f"{last} is empty", got=got, allowed="one or more")
        case _ if kind in _WANTED:
            hint = _type_hint(kind, detail["input"], steps)
            return codes.WRONG_TYPE.at(
                path, f"{last} must be {_WANTED[kind]}", got=got, allowed=_WANTED[kind], hint=hint
            )
        case _:
            return codes.BAD_VALUE.at(path, f"{last}: {detail['msg']}", got=got)


def _type_hint(kind: str, value: object, steps: tuple[Step, ...]) -> str:
    if kind == "string_type" and isinstance(value, bool):
        return "Put it in quotes."
    if kind == "dict_type" and isinstance(value, str) and steps:
        if steps[-1] == "TargetPlatform":
            return "Write it without TargetPlatform, or as {Os: LINUX, Arch: ARM64}."
        if steps[-2:-1] == ("targets",):
            return f"Write {{TargetDevice: {value}}}, or a list: [{value}]."
    return ""


def _unknown(path: str, key: str, known: tuple[str, ...]) -> Finding:
    return codes.UNKNOWN_KEY.at(
        path, f"unknown key {quoted(key)}", got=key, allowed=", ".join(known),
        hint=did_you_mean(key, known),
    )  # fmt: skip


def without_errors(value: object, error: ValidationError) -> object:
    """Return the value without all that the error names."""
    pruned: Any = copy.deepcopy(value)
    for detail in error.errors(include_url=False, include_input=False):
        steps = tuple(step for step in detail["loc"] if not _is_mark(step))
        if detail["type"] == "missing" and len(steps) == 1:
            _stand_in(pruned, str(steps[0]))
        else:
            _drop(pruned, steps[:-1] if detail["type"] == "missing" else steps)
    return pruned


def _is_mark(step: Step) -> bool:
    """Return whether a step is pydantic's own: a union's tag, or the mark of a map's key."""
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
