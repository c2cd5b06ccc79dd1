"""The API's model of CreateCompilationJob: enumerations, limits, and whether a request fits.

Everything here is read from ``_api_shapes``, which is generated from botocore's model, so a new
device or framework arrives with the next botocore and is never typed by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

from reconciler.core import fields
from reconciler.rules._api_shapes import ROOT, SHAPES
from reconciler.rules.job import IsDeployTime, never_deploy_time

# \p{…} is not known to Python's re. \w is letters, numbers and the underscore, which every
# pattern of this API that uses \p{L}\p{N} allows as well; \p{Z} is spelled out.
_SEPARATORS: Final = r"\x20\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def _enum(shape: str) -> tuple[str, ...]:
    return tuple(SHAPES[shape]["enum"])


FRAMEWORKS: Final = _enum("Framework")
TARGET_DEVICES: Final = _enum("TargetDevice")
TARGET_PLATFORM_OS: Final = _enum("TargetPlatformOs")
TARGET_PLATFORM_ARCH: Final = _enum("TargetPlatformArch")
TARGET_PLATFORM_ACCELERATOR: Final = _enum("TargetPlatformAccelerator")


def shape(name: str) -> dict[str, Any]:
    """Return the constraints of one of the API's shapes, such as ``InputConfig`` or ``S3Uri``."""
    return SHAPES[name]


def request_shape() -> dict[str, Any]:
    """Return the shape of the whole CreateCompilationJob request."""
    return SHAPES[ROOT]


@cache
def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """Return one of the API's patterns (Java's syntax) for ``fullmatch``."""
    translated = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d")
    return re.compile(translated.replace(r"\p{Z}", _SEPARATORS))


_Check: TypeAlias = Callable[[Any, IsDeployTime], bool]
_REMEMBERED: Final = 4096


def well_formed(
    wire: Mapping[str, object], is_deploy_time: IsDeployTime = never_deploy_time
) -> bool:
    """Return whether the rules of the API's model have no finding about a request.

    It is asked before ``families/api_model``, which says what is wrong and where: most requests
    are well formed. The check of each shape is made once, and remembers the texts that it has
    seen, since in a fleet most values repeat. A null is not well formed: botocore refuses it.
    """
    return _request()(wire, is_deploy_time)


@cache
def _request() -> _Check:
    return _structure(request_shape(), "")


def _check(constraints: Mapping[str, Any], path: str) -> _Check:
    match constraints["type"]:
        case "structure":
            return _structure(constraints, path)
        case "list":
            return _list(constraints, path)
        case "string":
            return _string(constraints)
        case _:
            return _integer(constraints)


def _structure(constraints: Mapping[str, Any], path: str) -> _Check:
    members = {
        name: _check(SHAPES[of], f"{path}.{name}" if path else name)
        for name, of in constraints["members"].items()
    }
    required = [name for name in constraints.get("required", ()) if name != fields.NAME]
    choices = fields.choices(path)

    def check(value: object, is_deploy_time: IsDeployTime) -> bool:
        if type(value) is not dict:
            return False
        for name in required:
            if value.get(name) is None:
                return False
        for name, item in value.items():
            member = members.get(name)
            if member is None or not (member(item, is_deploy_time) or is_deploy_time(item)):
                return False
        return all((one in value) != (other in value) for one, other in choices)

    return check


def _list(constraints: Mapping[str, Any], path: str) -> _Check:
    member = _check(SHAPES[constraints["member"]], path)
    low, high = constraints.get("min", 0), constraints.get("max", float("inf"))

    def check(value: object, is_deploy_time: IsDeployTime) -> bool:
        if type(value) is not list or not low <= len(value) <= high:
            return False
        return all(member(item, is_deploy_time) or is_deploy_time(item) for item in value)

    return check


def _string(constraints: Mapping[str, Any]) -> _Check:
    if "enum" in constraints:
        values = frozenset(constraints["enum"])
        return lambda value, _: type(value) is str and value in values
    low, high = constraints.get("min", 0), constraints.get("max", float("inf"))
    pattern = constraints.get("pattern")
    matches = None if pattern is None else compiled_pattern(pattern).fullmatch

    @lru_cache(maxsize=_REMEMBERED)
    def remembered(value: str) -> bool:
        return low <= len(value) <= high and (matches is None or matches(value) is not None)

    return lambda value, _: type(value) is str and remembered(value)


def _integer(constraints: Mapping[str, Any]) -> _Check:
    low, high = constraints.get("min", float("-inf")), constraints.get("max", float("inf"))
    return lambda value, _: type(value) is int and low <= value <= high
