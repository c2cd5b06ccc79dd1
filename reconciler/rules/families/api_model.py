"""What the API's own model forbids: NEO101 to NEO109.

botocore's client checks only presence, type and minimum before it sends a request; the service
refuses the rest with ValidationException. These rules say all of it beforehand. They judge a
request in its wire form, with or without CompilationJobName (the reconciler makes the name).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.rules import api
from reconciler.rules.finding import Finding, Severity

REQUIRED: Final = "NEO101"
UNKNOWN: Final = "NEO102"
TYPE: Final = "NEO103"
ENUM: Final = "NEO104"
PATTERN: Final = "NEO105"
LENGTH: Final = "NEO106"
RANGE: Final = "NEO107"
SOURCE: Final = "NEO108"
TARGET: Final = "NEO109"

_SHOWN: Final = 120


def check_request(wire: Mapping[str, object]) -> list[Finding]:
    """Every breach of the API's model in one CreateCompilationJob request, in field order.

    Source: botocore's SageMaker model, and for NEO108 and NEO109 the text of
    CreateCompilationJob ("the presence of both objects … will return an exception") and of
    OutputConfig ("TargetDevice and TargetPlatform are mutually exclusive").
    """
    findings = list(_check(wire, api.request_shape(), ""))
    named = [finding for finding in findings if not _is_missing_name(finding)]
    return [*named, *_either_or(wire)]


def _is_missing_name(finding: Finding) -> bool:
    return finding.code == REQUIRED and finding.path == "CompilationJobName"


def _check(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    match shape["type"]:
        case "structure":
            yield from _check_structure(value, shape, path)
        case "list":
            yield from _check_list(value, shape, path)
        case "string":
            yield from _check_string(value, shape, path)
        case "integer":
            yield from _check_integer(value, shape, path)
        case other:  # a new kind of shape in botocore's model: the generator's test says so
            raise AssertionError(f"unknown shape type {other!r}")


def _check_structure(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if not isinstance(value, Mapping):
        yield _wrong_type(value, "a map", path)
        return
    members: Mapping[str, str] = shape["members"]
    for name in shape.get("required", ()):
        if value.get(name) is None:
            yield Finding(
                REQUIRED, Severity.ERROR, _join(path, name), f"{name} is required",
                hint=f"Add {_join(path, name)}.",
            )  # fmt: skip
    for name, member in value.items():
        if name not in members:
            yield _unknown(str(name), members, path)
        elif member is not None:
            yield from _check(member, api.shape(members[name]), _join(path, name))


def _check_list(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        yield _wrong_type(value, "a list", path)
        return
    yield from _check_size(len(value), shape, path, LENGTH, "items", str(len(value)))
    for index, item in enumerate(value):
        yield from _check(item, api.shape(shape["member"]), f"{path}[{index}]")


def _check_string(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield _wrong_type(value, "text", path)
        return
    if "enum" in shape:
        if value not in shape["enum"]:
            yield _not_in_enum(value, shape["enum"], path)
        return
    yield from _check_size(len(value), shape, path, LENGTH, "characters", shown(value))
    pattern = shape.get("pattern")
    if pattern is not None and not api.compiled_pattern(pattern).fullmatch(value):
        yield Finding(
            PATTERN, Severity.ERROR, path, f"{_last(path)} has a form that the API refuses",
            got=shown(value), allowed=f"text that matches {pattern}",
        )  # fmt: skip


def _check_integer(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _wrong_type(value, "a whole number", path)
        return
    yield from _check_size(value, shape, path, RANGE, "", str(value))


def _check_size(
    size: int, shape: Mapping[str, Any], path: str, code: str, unit: str, got: str
) -> Iterator[Finding]:
    low, high = shape.get("min"), shape.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        limits = f"{low if low is not None else 0} to {high}" if high is not None else f">= {low}"
        what = f"has {size} {unit}" if unit else f"is {size}"
        yield Finding(
            code, Severity.ERROR, path, f"{_last(path)} {what}, which is out of range",
            got=got, allowed=f"{limits} {unit}".rstrip(),
        )  # fmt: skip


def _either_or(wire: Mapping[str, object]) -> Iterator[Finding]:
    has_input, has_package = _given(wire, "InputConfig"), _given(wire, "ModelPackageVersionArn")
    if has_input == has_package:
        yield Finding(
            SOURCE, Severity.ERROR, "InputConfig" if has_input else "",
            "InputConfig and ModelPackageVersionArn are both given"
            if has_input else "neither InputConfig nor ModelPackageVersionArn is given",
            allowed="exactly one of InputConfig, ModelPackageVersionArn",
        )  # fmt: skip
    output = wire.get("OutputConfig")
    if not isinstance(output, Mapping):
        return
    has_device, has_platform = _given(output, "TargetDevice"), _given(output, "TargetPlatform")
    if has_device == has_platform:
        yield Finding(
            TARGET, Severity.ERROR, "OutputConfig.TargetDevice" if has_device else "OutputConfig",
            "TargetDevice and TargetPlatform are both given"
            if has_device else "neither TargetDevice nor TargetPlatform is given",
            allowed="exactly one of TargetDevice, TargetPlatform",
        )  # fmt: skip


def _given(node: Mapping[str, object], key: str) -> bool:
    return node.get(key) is not None


def _not_in_enum(value: str, allowed: Sequence[str], path: str) -> Finding:
    near = difflib.get_close_matches(value.lower(), [item.lower() for item in allowed], n=1)
    match = next((item for item in allowed if near and item.lower() == near[0]), None)
    return Finding(
        ENUM, Severity.ERROR, path, f"{_last(path)} has a value that the API does not know",
        got=shown(value), allowed=", ".join(allowed),
        hint=f"Did you mean {match}?" if match else "",
    )  # fmt: skip


def _unknown(name: str, members: Mapping[str, str], path: str) -> Finding:
    near = difflib.get_close_matches(name, members, n=1, cutoff=0.6)
    return Finding(
        UNKNOWN, Severity.ERROR, _join(path, name),
        f"{name} is no field of {path or 'the request'}",
        got=name, allowed=", ".join(members),
        hint=f"Did you mean {near[0]}?" if near else "",
    )  # fmt: skip


def _wrong_type(value: object, wanted: str, path: str) -> Finding:
    return Finding(
        TYPE, Severity.ERROR, path, f"{_last(path) or 'the request'} must be {wanted}",
        got=shown(value), allowed=wanted,
    )  # fmt: skip


def shown(value: object) -> str:
    """A value as an error shows it: in quotes if text, and not longer than 120 characters."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _last(path: str) -> str:
    return path.rpartition(".")[2]
