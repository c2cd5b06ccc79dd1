"""NEO101 to NEO110: what the API's own model forbids.

botocore's client checks only presence, type and minimum before it sends a request; the service
refuses the rest with ValidationException. These rules report all of it beforehand. They judge a
request in its wire form, with or without CompilationJobName (the reconciler makes the name).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.core.fields import NAME, ONE_OF
from reconciler.rules import api
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.rule import Rule, error
from reconciler.rules.suggestion import did_you_mean

REQUIRED: Final = error("NEO101", "missing-field")
UNKNOWN: Final = error("NEO102", "unknown-field")
TYPE: Final = error("NEO103", "wrong-field-type")
ENUM: Final = error("NEO104", "unknown-enum-value")
PATTERN: Final = error("NEO105", "invalid-format")
LENGTH: Final = error("NEO106", "invalid-length")
RANGE: Final = error("NEO107", "number-out-of-range")
SOURCE: Final = error("NEO108", "ambiguous-model-source")
TARGET: Final = error("NEO109", "ambiguous-target")
NULL: Final = error("NEO110", "null-field")

RULES: Final = (
    REQUIRED, UNKNOWN, TYPE, ENUM, PATTERN, LENGTH, RANGE, SOURCE, TARGET, NULL,
)  # fmt: skip


def check(wire: Mapping[str, object]) -> list[Finding]:
    """Return every violation of the API's model in one request, in field order.

    Source: botocore's SageMaker model, and for NEO108 and NEO109 the text of
    CreateCompilationJob ("the presence of both objects … will return an exception") and of
    OutputConfig ("TargetDevice and TargetPlatform are mutually exclusive").
    """
    findings = list(_check(wire, api.request_shape(), ""))
    named = [finding for finding in findings if not _is_missing_name(finding)]
    return [*named, *_either_or(wire)]


def _is_missing_name(finding: Finding) -> bool:
    return finding.code == REQUIRED.code and finding.path == NAME


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
    required = shape.get("required", ())
    for name in required:
        if value.get(name) is None:
            at = _join(path, name)
            yield REQUIRED.at(at, f"{name} is required", hint=f"Add {at}.")
    for name, member in value.items():
        at = _join(path, name)
        if name not in members:
            yield _unknown(str(name), members, path)
        elif member is not None:
            yield from _check(member, api.shape(members[name]), at)
        elif name not in required:
            yield NULL.at(at, f"{name} is null", got="null", hint="Remove it.")


def _check_list(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        yield _wrong_type(value, "a list", path)
        return
    yield from _check_size(LENGTH, shape, path, len(value), " items", str(len(value)))
    for index, item in enumerate(value):
        yield from _check(item, api.shape(shape["member"]), f"{path}[{index}]")


def _check_string(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield _wrong_type(value, "a string", path)
        return
    if "enum" in shape:
        if value not in shape["enum"]:
            yield ENUM.at(
                path, f"unknown {_last(path)} {quoted(value)}", got=quoted(value),
                allowed=", ".join(shape["enum"]), hint=did_you_mean(value, shape["enum"]),
            )  # fmt: skip
        return
    yield from _check_size(LENGTH, shape, path, len(value), " characters", quoted(value))
    pattern = shape.get("pattern")
    if pattern is not None and not api.compiled_pattern(pattern).fullmatch(value):
        yield PATTERN.at(
            path, f"{_last(path)} does not match the API's pattern",
            got=quoted(value), allowed=f"text that matches {pattern}",
            hint="Use hyphens instead of underscores."
            if path == "CompilationJobName" and "_" in value else "",
        )  # fmt: skip


def _check_integer(value: object, shape: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _wrong_type(value, "an integer", path)
        return
    yield from _check_size(RANGE, shape, path, value, "", str(value))


def _check_size(
    rule: Rule, shape: Mapping[str, Any], path: str, size: int, unit: str, got: str
) -> Iterator[Finding]:
    low, high = shape.get("min"), shape.get("max")
    if (low is None or size >= low) and (high is None or size <= high):
        return
    what = f"has {size}{unit}" if unit else f"is {size}"
    limits = f"{low or 0} to {high}{unit}" if high is not None else f">= {low}{unit}"
    yield rule.at(path, f"{_last(path)} {what}, out of range", got=got, allowed=limits)


def _either_or(wire: Mapping[str, object]) -> Iterator[Finding]:
    for rule, (first, second) in zip((SOURCE, TARGET), ONE_OF, strict=True):
        path, _, name = first.rpartition(".")
        node = wire.get(path) if path else wire
        if isinstance(node, Mapping):
            yield from _exactly_one(rule, node, path, name, _last(second))


def _exactly_one(
    rule: Rule, node: Mapping[str, object], path: str, first: str, second: str
) -> Iterator[Finding]:
    has_first, has_second = node.get(first) is not None, node.get(second) is not None
    if has_first and has_second:
        message = f"{first} and {second} are mutually exclusive"
        yield rule.at(_join(path, first), message, hint="Remove one of them.")
    elif not has_first and not has_second:
        yield rule.at(path, f"{first} or {second} is required", hint=f"Add {first} or {second}.")


def _unknown(name: str, members: Mapping[str, str], path: str) -> Finding:
    where = f" in {path}" if path else ""
    return UNKNOWN.at(
        _join(path, name), f"unknown field {quoted(name)}{where}",
        got=name, allowed=", ".join(members), hint=did_you_mean(name, members),
    )  # fmt: skip


def _wrong_type(value: object, wanted: str, path: str) -> Finding:
    what = _last(path)
    is_json = what in ("DataInputConfig", "CompilerOptions")
    return TYPE.at(
        path, f"{what} must be {wanted}", got=quoted(value), allowed=wanted,
        hint="Write it as JSON in a string." if is_json else "",
    )  # fmt: skip


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _last(path: str) -> str:
    return path.rpartition(".")[2]
