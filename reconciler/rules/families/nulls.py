"""NEO110: a field that is not given is left out, and not null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.rules.finding import Finding
from reconciler.rules.rule import error

NULL: Final = error("NEO110", "A field that is not given is left out")

RULES: Final = (NULL,)

_MAX_DEPTH: Final = 8


def check(wire: Mapping[str, object], path: str = "", depth: int = 0) -> Iterator[Finding]:
    """Every null of a request. botocore takes none for any type (ParamValidationError)."""
    for key, value in wire.items():
        at = f"{path}.{key}" if path else str(key)
        if value is None:
            yield NULL.at(at, f"{key} is null", got="null", hint="Leave it out.")
        elif isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from check(value, at, depth + 1)
