"""The types of a spec's values: strict, and open for deploy-time values.

A deploy-time value (a CDK token, or a variable declared ``late``) passes as whatever type is asked
for. The predicate ``is_deploy_time`` in pydantic's validation context decides.

These are pydantic's core schemas, without its model classes: building those would take a command
line longer than everything else that it does (docs/decisions/0011).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core import core_schema as cs

from reconciler.rules.finding import quoted
from reconciler.specs.scalars import Decimal

FORM: Final = r"^([0-9]{1,7}d)?([0-9]{1,7}h)?([0-9]{1,7}m)?([0-9]{1,9}s?)?$"
_PARTS: Final = re.compile(
    r"(?:(?P<d>[0-9]{1,7})d)?(?:(?P<h>[0-9]{1,7})h)?(?:(?P<m>[0-9]{1,7})m)?(?:(?P<s>[0-9]{1,9})s?)?"
)
_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
IS_DEPLOY_TIME: Final = "is_deploy_time"


def is_deploy_time(value: object, info: cs.ValidationInfo) -> bool:
    """Return whether a value is a deploy-time value, by the predicate in the validation context."""
    assert info.context is not None
    predicate: Callable[[object], bool] = info.context[IS_DEPLOY_TIME]
    return predicate(value)


def wrong(message: str, allowed: str) -> PydanticCustomError:
    """Return an error that says what is wrong and what is allowed."""
    return PydanticCustomError("spec", "{message}", {"message": message, "allowed": allowed})


def _text(value: object) -> object:
    """Return numbers as they were written: ``FrameworkVersion: 1.10`` is the text ``1.10``."""
    if isinstance(value, Decimal):
        return value.text
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _seconds(
    value: object, handler: cs.ValidatorFunctionWrapHandler, info: cs.ValidationInfo
) -> object:
    if is_deploy_time(value, info):
        return value
    if isinstance(value, str):
        found = seconds(value)
        if found is None:
            raise wrong(f"invalid duration {quoted(value)}", "seconds, or 90s, 15m, 2h, 1h30m")
        return found
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong("a duration must be an integer of seconds, or a string such as 15m",
                    "900, 15m, 2h")  # fmt: skip
    return handler(value)


def _late_or(
    value: object, handler: cs.ValidatorFunctionWrapHandler, info: cs.ValidationInfo
) -> object:
    return value if is_deploy_time(value, info) else handler(value)


def seconds(text: str) -> int | None:
    """Return the seconds of a duration, or None for other text."""
    match = _PARTS.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    return sum(int(number) * _SECONDS[unit] for unit, number in match.groupdict().items() if number)


def form(pattern: str, allowed: str) -> CoreSchema:
    """Return the schema of a text of a certain form."""

    def check(value: str, info: cs.ValidationInfo) -> str:
        if re.fullmatch(pattern, value) is None and not is_deploy_time(value, info):
            raise wrong(f"invalid value {quoted(value)}", allowed)
        return value

    return cs.with_info_after_validator_function(check, TEXT)


def _any_of(kinds: tuple[type, ...], message: str, allowed: str) -> CoreSchema:
    """Return the schema of a JSON value of these kinds, or null."""

    def check(value: object, info: cs.ValidationInfo) -> object:
        if value is None or isinstance(value, kinds) or is_deploy_time(value, info):
            return value
        raise wrong(message, allowed)

    return cs.with_info_before_validator_function(check, cs.any_schema())


TEXT: Final = cs.no_info_before_validator_function(_text, cs.str_schema(strict=True))
FRAMEWORK: Final = cs.no_info_before_validator_function(_upper, cs.str_schema(strict=True))
SECONDS: Final = cs.with_info_wrap_validator_function(_seconds, cs.int_schema(strict=True))
TEXTS: Final = cs.with_info_wrap_validator_function(_late_or, cs.list_schema(TEXT, strict=True))
JSON: Final = _any_of(
    (str, dict, list), "a JSON value must be a map, a list, or JSON text", "{key: value}"
)
INPUTS: Final = _any_of(
    (str, dict, list), "DataInputConfig must be a map of inputs, a list of shapes, or JSON text",
    "{input0: [1, 3, 224, 224]}",
)  # fmt: skip
OPTIONS: Final = _any_of(
    (str, dict), "CompilerOptions must be a map of options, or text",
    "{gpu-code: sm_72, trt-ver: 6.0.1, cuda-ver: '10.1'}",
)  # fmt: skip
BOOL: Final = cs.bool_schema(strict=True)
