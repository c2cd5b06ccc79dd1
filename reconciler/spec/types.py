"""The types of a spec's values: strict, and open for values that are known only later.

A late-bound value (a CDK token, or a variable declared ``late``) passes as whatever type is asked
for. What is late is said by the predicate ``is_late`` in pydantic's validation context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from reconciler.rules.fields import shown
from reconciler.spec.durations import seconds
from reconciler.spec.scalars import Decimal

IS_LATE: Final = "is_late"


class Strict(BaseModel):
    """A map whose keys are all known and whose values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def is_late(value: object, info: ValidationInfo) -> bool:
    """Whether a value is late-bound, by the predicate in the validation context."""
    context = info.context
    if not isinstance(context, Mapping):
        return False
    predicate: Callable[[object], bool] | None = context.get(IS_LATE)
    return predicate is not None and predicate(value)


def wrong(message: str, allowed: str, hint: str = "") -> PydanticCustomError:
    """An error in the words of this library: what is wrong, what is allowed, what to do."""
    return PydanticCustomError(
        "spec",
        "{message}",
        {"message": message, "allowed": allowed, "hint": hint},
    )


def _text(value: object) -> object:
    """Numbers as they were written: ``FrameworkVersion: 1.10`` is the text ``1.10``."""
    if isinstance(value, Decimal):
        return value.text
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


Text: TypeAlias = Annotated[str, BeforeValidator(_text)]


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


FrameworkName: TypeAlias = Annotated[str, BeforeValidator(_upper)]


def _seconds(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    if is_late(value, info):
        return value
    if isinstance(value, str):
        found = seconds(value)
        if found is None:
            raise wrong(f"{shown(value)} is no duration", "seconds, or 90s, 15m, 2h, 1h30m")
        return found
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong("a duration must be a whole number of seconds, or a text such as 15m",
                    "900, 15m, 2h")  # fmt: skip
    return handler(value)


Seconds: TypeAlias = Annotated[int, WrapValidator(_seconds)]


def _late_or(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    return value if is_late(value, info) else handler(value)


Texts: TypeAlias = Annotated[list[Text], WrapValidator(_late_or)]


def _inputs(value: object, info: ValidationInfo) -> object:
    if isinstance(value, (str, dict, list)) or is_late(value, info):
        return value
    raise wrong("DataInputConfig must be a map of inputs, a list of shapes, or JSON text",
                "{input0: [1, 3, 224, 224]}")  # fmt: skip


Inputs: TypeAlias = Annotated[Any, BeforeValidator(_inputs)]


def _options(value: object, info: ValidationInfo) -> object:
    if isinstance(value, (str, dict)) or is_late(value, info):
        return value
    raise wrong("CompilerOptions must be a map of options, or text",
                "{gpu-code: sm_72, trt-ver: 6.0.1, cuda-ver: '10.1'}")  # fmt: skip


Options: TypeAlias = Annotated[Any, BeforeValidator(_options)]
