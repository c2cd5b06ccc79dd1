"""The API's own words: enumerations and limits of CreateCompilationJob.

Everything here is read from ``_api_shapes``, which is generated from botocore's model, so a new
device or framework arrives with the next botocore and is never typed by hand.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from reconciler.rules._api_shapes import ROOT, SHAPES

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
    """The constraints of one of the API's shapes, such as ``InputConfig`` or ``S3Uri``."""
    return SHAPES[name]


def request_shape() -> dict[str, Any]:
    """The shape of the whole CreateCompilationJob request."""
    return SHAPES[ROOT]


@cache
def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """One of the API's patterns (Java's syntax) for ``fullmatch``."""
    translated = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d")
    return re.compile(translated.replace(r"\p{Z}", _SEPARATORS))
