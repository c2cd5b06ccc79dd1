"""Splitting a request into values known at synthesis and deploy-time values.

A string token inside a JSON text would be joined into it unescaped, and a list token would drag a
helper function of CDK's into the stack. So the declaration is one literal JSON text, and every
value that holds a token travels beside it under a JSON pointer; the Lambda puts the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neo_constructs.synth.tokens import has_token, is_token


@dataclass(frozen=True, slots=True)
class JsonValue:
    """The value of a field whose text is itself JSON: DataInputConfig, CompilerOptions."""

    value: object


class TokenKeyError(ValueError):
    """The name of a member inside a JSON-valued field is a token."""


@dataclass(frozen=True, slots=True)
class SplitRequest:
    """A request, split.

    Attributes:
        literal: The wire request without the values that are unresolved.
        late: Every unresolved value by its JSON pointer; `/field#/pointer` points into the
            parsed text of a JSON-valued field.
    """

    literal: dict[str, object]
    late: dict[str, object]


def split_request(request: Mapping[str, object]) -> SplitRequest:
    """Split a request whose JSON-valued fields are JsonValues or text.

    Raises TokenKeyError for a token as a key inside a JSON-valued field.
    """
    late: dict[str, object] = {}
    return SplitRequest(_literal_members(request, "", late), late)


def json_text(value: object) -> str:
    """Return the one-line JSON text of a field; keys keep their order, which Neo reads."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _literal_members(
    node: Mapping[str, object], pointer: str, late: dict[str, object]
) -> dict[str, object]:
    literal: dict[str, object] = {}
    for name, value in node.items():
        here = f"{pointer}/{_escaped(name)}"
        if value is None:
            continue
        if isinstance(value, JsonValue) and is_token(value.value):
            late[here] = f'"{value.value}"'
        elif isinstance(value, JsonValue):
            literal[name] = json_text(_with_placeholders(value.value, f"{here}#", late))
        elif isinstance(value, Mapping):
            literal[name] = _literal_members(value, here, late)
        elif has_token(value):
            late[here] = value
        else:
            literal[name] = value
    return literal


def _with_placeholders(value: object, pointer: str, late: dict[str, object]) -> object:
    if is_token(value):
        late[pointer] = value
        return _placeholder(value)
    match value:
        case Mapping():
            return dict(_members(value, pointer, late))
        case Sequence() if not isinstance(value, str):
            return [
                _with_placeholders(item, f"{pointer}/{index}", late)
                for index, item in enumerate(value)
            ]
        case _:
            return value


def _members(
    node: Mapping[object, object], pointer: str, late: dict[str, object]
) -> Iterator[tuple[str, object]]:
    for key, value in node.items():
        if not isinstance(key, str) or is_token(key):
            raise TokenKeyError(
                f"the name {key!r} at {pointer or '/'} is not known at synthesis; names inside "
                "data_input_config and compiler_options must be plain text. Give the whole field "
                "as one text token instead."
            )
        yield key, _with_placeholders(value, f"{pointer}/{_escaped(key)}", late)


def _placeholder(token: object) -> object:
    """Return a value of the token's type, to which the Lambda converts what arrives as text."""
    match token:
        case str():
            return ""
        case float():
            return 0
        case Sequence():
            return []
        case _:
            return ""


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
