"""What pydantic finds wrong with a fleet, in the words and places of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails, ValidationError

from reconciler.rules.finding import Finding, quoted
from reconciler.rules.suggestion import closest
from reconciler.specs import codes
from reconciler.specs.fleet_form import keys_at
from reconciler.specs.places import Place, Step, find, path_of
from reconciler.specs.source import Problem

_WANTED: Final[Mapping[str, str]] = {
    "string_type": "text",
    "int_type": "a whole number",
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


def problems_of(error: ValidationError, place: Place) -> list[Problem]:
    """Every error of a validation, at its place in the document."""
    return [_problem(detail, place) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, place: Place) -> Problem:
    steps = tuple(step for step in detail["loc"] if not _is_tag(step) and step != "[key]")
    finding = _finding(detail, steps)
    at_key = detail["loc"][-1:] == ("[key]",) or finding.code in (
        codes.UNKNOWN_KEY.code,
        codes.MISSING_KEY.code,
    )
    if finding.code == codes.MISSING_KEY.code:
        steps = steps[:-1]
    return Problem(finding, find(place, steps, key=at_key))


def _is_tag(step: Step) -> bool:
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


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
            return codes.BAD_VALUE.at(
                path, detail["msg"], got=got, allowed=str(context["allowed"]),
                hint=str(context["hint"]),
            )  # fmt: skip
        case "tags" | "target" | "targets":
            return codes.WRONG_TYPE.at(path, detail["msg"], got=got, allowed=_ALLOWED[kind])
        case "too_short":
            return codes.BAD_VALUE.at(path, f"{last} is empty", got=got, allowed="one or more")
        case _ if kind in _WANTED:
            hint = (
                "Put it in quotes."
                if kind == "string_type" and detail["input"] in (True, False)
                else ""
            )
            return codes.WRONG_TYPE.at(
                path, f"{last} must be {_WANTED[kind]}", got=got, allowed=_WANTED[kind], hint=hint
            )
        case _:
            return codes.BAD_VALUE.at(path, f"{last}: {detail['msg']}", got=got)


def _unknown(path: str, key: str, known: tuple[str, ...]) -> Finding:
    near = closest(key, known)
    return codes.UNKNOWN_KEY.at(
        path, f"{quoted(key)} is no key here", got=key, allowed=", ".join(known),
        hint=f"Did you mean {near}?" if near else "",
    )  # fmt: skip
