"""Telling CDK tokens from plain values, without a round trip to jsii for every value.

A token is a value that only CloudFormation knows. In Python it looks like text that holds
``${Token[…]}``, a list of one such ``#{Token[…]}``, a huge negative float, or an object that
resolves. ``Token.is_unresolved`` says the same at 0.2 ms a call; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

# Numbers are encoded in the bits of a float, as -1.888…e+289 (aws-cdk-lib, core/private/encoding).
_ENCODED_NUMBERS_BELOW: Final = -1e280


def is_token(value: object) -> bool:
    """Whether this one value (not what it contains) is, or is text with, a token."""
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
    """Whether a token is anywhere in this value, keys included."""
    match value:
        case str() | float():
            return is_token(value)
        case bool() | int() | None:
            return False
        case Mapping():
            return any(is_token(key) or has_token(item) for key, item in value.items())
        case Sequence():
            return is_token(value) or any(has_token(item) for item in value)
        case _:
            return is_token(value)
