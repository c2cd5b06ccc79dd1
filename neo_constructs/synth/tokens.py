"""Tests for CDK tokens, without a round trip to jsii for every value.

A token is a value that only CloudFormation knows. In Python it looks like text that holds
``${Token[…]}``, a list of one such ``#{Token[…]}``, a huge negative float, or an object that
resolves. ``Token.is_unresolved`` says the same at 0.2 ms a call; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

TEXT_TOKEN: Final = re.compile(r"\$\{Token\[[^\]]*\]\}")
"""A token as it looks in a text."""

_MARKED: Final = re.compile(r"[$#]\{Token\[[^\]]*\]\}|<unresolved-token>|\{\{resolve:[^}]*")

# Numbers are encoded in the bits of a float, as -1.888…e+289 (aws-cdk-lib, core/private/encoding).
_ENCODED_NUMBERS_BELOW: Final = -1e280


def has_text_token(text: str) -> bool:
    """Return whether a text is a token, or holds one."""
    return "${Token[" in text


def is_token(value: object) -> bool:
    """Return whether this one value, not what it contains, is a token or text with one."""
    match value:
        case str():
            return "${Token[" in value
        case bool() | int() | None:
            return False
        case float():
            return value < _ENCODED_NUMBERS_BELOW
        case Mapping():
            return False
        case Sequence():
            return len(value) == 1 and isinstance(value[0], str) and value[0].startswith("#{Token[")
        case _:
            return hasattr(value, "resolve")


def has_token(value: object) -> bool:
    """Return whether a token is anywhere in this value, keys included."""
    match value:
        case str():
            return "${Token[" in value
        case bool() | int() | None:
            return False
        case Mapping():
            return any(is_token(key) or has_token(item) for key, item in value.items())
        case Sequence():
            return is_token(value) or any(has_token(item) for item in value)
        case _:
            return is_token(value)


def tokens_in(value: object) -> set[object]:
    """Return the texts and numbers in a value that are tokens, or were printed from one.

    Dynamic references, ``{{resolve:ssm:…}}``, are among them: CloudFormation puts the value of a
    parameter or secret in their place.
    """
    match value:
        case str():
            return set(_MARKED.findall(value))
        case float() if is_token(value):
            return {value}
        case Mapping():
            return tokens_in([*value.keys(), *value.values()])
        case Sequence():
            return set().union(*map(tokens_in, value))
        case _:
            return tokens_in(str(value)) if is_token(value) else set()


def without_tokens(text: str) -> str:
    """Return the part of a text that is known at synthesis."""
    return TEXT_TOKEN.sub("", text)


def in_order(texts: Iterable[str]) -> list[str]:
    """Sort texts with numbers as numbers, so that tokens keep the order of their creation.

    As plain text TOKEN.10 is before TOKEN.9, and a template would change with what else is in it.
    """
    return sorted(texts, key=_with_numbers)


def _with_numbers(text: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", text)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
