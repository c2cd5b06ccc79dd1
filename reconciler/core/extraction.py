"""Take deploy-time values out of a request at synthesis; ``core.deploy_time`` puts them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from reconciler.core.deploy_time import json_text
from reconciler.core.fields import nested
from reconciler.core.json_pointer import pointer


class DeployTimeNameError(ValueError):
    """The name of a member inside a JSON document is a deploy-time value."""


class Tokens(Protocol):
    """Tells deploy-time values from values."""

    def is_token(self, value: object) -> bool:
        """Whether a value itself, not what it contains, is a deploy-time value."""
        ...

    def has_token(self, value: object) -> bool:
        """Whether a deploy-time value is anywhere in a value."""
        ...


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """The document of a field whose text is JSON: DataInputConfig, CompilerOptions."""

    value: object


@dataclass(frozen=True, slots=True)
class Extracted:
    """The fields of a request in two parts.

    Attributes:
        literal: What is known at synthesis, by the field's path.
        values: Each deploy-time value by its pointer.
    """

    literal: dict[str, object]
    values: dict[str, object]

    def known(self) -> dict[str, Any]:
        """Return what is known of the request; a structure of which nothing is, is empty."""
        structures: dict[str, object] = {
            path.rpartition(".")[0]: {} for path in self._incomplete() if "." in path
        }
        return nested(sorted((structures | self.literal).items(), key=itemgetter(0)))

    def marked(self, unknown: object) -> dict[str, Any]:
        """Return the request with ``unknown`` in place of fields that the deployment completes."""
        return nested((self.literal | dict.fromkeys(self._incomplete(), unknown)).items())

    def _incomplete(self) -> list[str]:
        return [at[1:].partition("#")[0].replace("/", ".") for at in self.values]


def extract(fields: Mapping[str, object], tokens: Tokens) -> Extracted:
    """Part the fields of a request, by path. Those that are JSON are JsonDocuments or text; None
    is left out.

    Raise DeployTimeNameError for a name inside a JSON document.
    """
    literal: dict[str, object] = {}
    values: dict[str, object] = {}

    def literal_member(at: str, value: object) -> object:
        if not tokens.is_token(value):
            return value
        values[at] = value
        return _placeholder(value)

    for path, value in fields.items():
        at = f"/{path.replace('.', '/')}"
        if isinstance(value, JsonDocument):
            if tokens.is_token(value.value):
                values[at] = f'"{value.value}"'
            else:
                document = replaced(value.value, literal_member, tokens, f"{at}#")
                literal[path] = json_text(document)
        elif tokens.has_token(value):
            values[at] = value
        elif value is not None:
            literal[path] = value
    return Extracted(literal, values)


def replaced(
    document: object, replace: Callable[[str, object], object], tokens: Tokens, at: str = ""
) -> object:
    """Return a JSON document with each value replaced by what ``replace(pointer, value)`` gives.

    Raise DeployTimeNameError for a name that is a deploy-time value.
    """
    if _is_plain(document, tokens):
        return document
    value = replace(at, document)
    match value:
        case Mapping():
            return {
                _name(name, at, tokens): replaced(item, replace, tokens, f"{at}{pointer(name)}")
                for name, item in value.items()
            }
        case Sequence() if not isinstance(value, str):
            return [
                replaced(item, replace, tokens, f"{at}/{index}") for index, item in enumerate(value)
            ]
        case _:
            return value


def _is_plain(document: object, tokens: Tokens) -> bool:
    """Whether it is what most inputs are: shapes by name, in which no deploy-time value is."""
    if type(document) is not dict:
        return False
    for name, shape in document.items():
        if type(name) is not str or type(shape) is not list or tokens.is_token(name):
            return False
        if set(map(type, shape)) - {int}:
            return False
    return True


def _name(name: object, at: str, tokens: Tokens) -> str:
    if isinstance(name, str) and not tokens.is_token(name):
        return name
    raise DeployTimeNameError(
        f"the name {name!r} at {at or '/'} is not known at synthesis; names inside "
        "data_input_config and compiler_options must be plain text. Give the whole field "
        "as one text token instead."
    )


def _placeholder(token: object) -> object:
    match token:
        case float():
            return 0
        case Sequence() if not isinstance(token, str):
            return []
        case _:
            return ""
