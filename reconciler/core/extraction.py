"""Take deploy-time values out of a request at synthesis; ``core.deploy_time`` puts them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.core.deploy_time import json_text
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
    """A request in two parts.

    Attributes:
        literal: The request without deploy-time values.
        values: Each deploy-time value by its pointer.
    """

    literal: dict[str, object]
    values: dict[str, object]


def extract(request: Mapping[str, object], tokens: Tokens) -> Extracted:
    """Part a request. JSON-valued fields are JsonDocuments or text; None is left out.

    Raise DeployTimeNameError for a name inside a JSON document.
    """
    extraction = _Extraction(tokens, {})
    return Extracted(extraction.literal(request, ""), extraction.values)


@dataclass(frozen=True, slots=True)
class _Extraction:
    tokens: Tokens
    values: dict[str, object]

    def literal(self, node: Mapping[str, object], above: str) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in node.items():
            at = f"{above}/{name}"
            if isinstance(value, JsonDocument):
                self._document(found, name, value.value, at)
            elif not isinstance(value, str) and isinstance(value, Mapping):
                found[name] = self.literal(value, at)
            elif self.tokens.has_token(value):
                self.values[at] = value
            elif value is not None:
                found[name] = value
        return found

    def _document(self, found: dict[str, object], name: str, document: object, at: str) -> None:
        if self.tokens.is_token(document):
            self.values[at] = f'"{document}"'
        else:
            found[name] = json_text(replaced(document, self._member, self.tokens, f"{at}#"))

    def _member(self, at: str, value: object) -> object:
        if not self.tokens.is_token(value):
            return value
        self.values[at] = value
        return _placeholder(value)


def replaced(
    document: object, replace: Callable[[str, object], object], tokens: Tokens, at: str = ""
) -> object:
    """Return a JSON document with each value replaced by what ``replace(pointer, value)`` gives.

    Raise DeployTimeNameError for a name that is a deploy-time value.
    """
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
