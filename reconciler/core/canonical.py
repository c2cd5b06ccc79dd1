"""One text for one meaning: canonical JSON, JSON-valued fields, digests."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import math
import unicodedata
from typing import Final, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

UNREADABLE: Final = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
"""What taking JSON apart raises if it has not the expected form: a key or an item is missing, a
value is of another type, a number is infinite, text is no Unicode, lists are nested too deeply."""

_MAX_DEPTH: Final = 64
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class CanonicalError(ValueError):
    """A value has no canonical JSON text: NaN, infinity, text that is not Unicode, or not JSON."""


def is_unicode(text: str) -> bool:
    """Return whether a text can be encoded: JSON's escapes allow half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, no white space, strings in Unicode NFC.

    ``1.0`` and ``1`` are one number. Raises CanonicalError for what JSON cannot hold.
    """
    return _ENCODER.encode(normalised(value))


def normalised(value: object, depth: int = 0) -> Json:
    """Return a value of plain JSON types, with NFC strings and whole floats as integers."""
    if depth > _MAX_DEPTH:
        raise CanonicalError(f"nested deeper than {_MAX_DEPTH} levels")
    if type(value) is int or (type(value) is str and value.isascii()):
        return value  # what most values are, and every identity passes here
    return _normalised(value, depth)


def _normalised(value: object, depth: int) -> Json:
    match value:
        case None | bool() | int():
            return value
        case str():
            return _composed(value)
        case float():
            if not math.isfinite(value):
                raise CanonicalError(f"{value} is not allowed in JSON")
            return int(value) if value.is_integer() else value
        case list() | tuple():
            return [normalised(item, depth + 1) for item in value]
        case dict():
            return {_key(key): normalised(item, depth + 1) for key, item in value.items()}
        case _:
            raise CanonicalError(f"{type(value).__name__} is not JSON")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise CanonicalError(f"the key {key!r} is not text")
    return _composed(key)


def _composed(text: str) -> str:
    """Return a text in Unicode NFC."""
    if text.isascii():
        return text
    if not is_unicode(text):
        raise CanonicalError(f"{text!r} holds half of a surrogate pair")
    return unicodedata.normalize("NFC", text)


def parsed(text: str) -> Json:
    """Return what the text of a JSON-valued field (DataInputConfig, CompilerOptions) means.

    Neo's documentation writes these fields both as JSON and in Python's quotes
    (``{'data': [1, 3, 224, 224]}``), so both are read. Text that is neither means itself.
    """
    try:
        return normalised(_DECODER.decode(text))
    except (ValueError, RecursionError):
        pass
    try:
        return normalised(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _refuse_constant(name: str) -> Json:
    raise CanonicalError(f"{name} is not allowed in JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def digest(value: object, length: int) -> str:
    """Return the first ``length`` (at most 52) base32 characters, a–z and 2–7, of its SHA-256."""
    hashed = hashlib.sha256(canonical_json(value).encode("utf-8")).digest()
    needed = hashed[: -(-length // 8) * 5]  # whole groups: b32encode is slow, written in Python
    return base64.b32encode(needed).decode("ascii").lower()[:length]
