"""Reading the JSON-valued fields: DataInputConfig and CompilerOptions are text that holds data."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeGuard

from reconciler.core.canonical import Json, parsed

_MAX_DEPTH: Final = 32


class Style(StrEnum):
    """How a text is written."""

    JSON = "json"
    PYTHON = "python"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Text:
    """A JSON-valued field, read. ``value`` is None where the text is neither JSON nor Python's."""

    value: Json
    style: Style
    duplicates: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def read(text: str) -> Text:
    """Return what a JSON-valued field means; AWS's own examples have Python's quotes, too."""
    duplicates: list[str] = []

    def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            duplicates.extend(name for name in made if names.count(name) > 1)
        return made

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _python(text)
    if _too_deep(value, 0) or not _is_text(text, value):
        return Text(None, Style.INVALID)
    return Text(value, Style.JSON, tuple(duplicates))


def is_positive(value: Json) -> TypeGuard[int]:
    """Return whether a value of a JSON text is a positive integer."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _python(text: str) -> Text:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own, about text that is not Python
            value = parsed(text)
    except (ValueError, RecursionError):
        return Text(None, Style.INVALID)
    if value == text or _too_deep(value, 0) or not _is_text(text, value):
        return Text(None, Style.INVALID)
    return Text(value, Style.PYTHON)


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def _is_text(text: str, value: Json) -> bool:
    """Return whether a value can be encoded as UTF-8: no escape is half a character."""
    if "\\" not in text:
        return True
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_deep(value: Json, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        return True
    if isinstance(value, dict):
        return any(_too_deep(item, depth + 1) for item in value.values())
    return isinstance(value, list) and any(_too_deep(item, depth + 1) for item in value)
