"""Deploy-time values of a fleet: CDK tokens taken out of requests, each put in once by name.

Ten thousand jobs share a role, a bucket and a key. So a token does not travel with each job, as it
does for a CompilationJob: the text gets a reference, ``${var.v1}``, and the token is one property.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from neo_constructs.synth import tokens
from neo_constructs.synth.tokens import TEXT_TOKEN, has_text_token, is_token
from reconciler.core.deploy_time import json_text
from reconciler.core.extraction import JsonDocument, replaced
from reconciler.core.fleet.variables import has_reference, reference

_REFUSED: Final = "${var.name} stands for a deploy-time value of the fleet; it cannot be literal"


_NAMED: Final = re.compile(r"v[0-9]+")


def is_extracted_name(name: str) -> bool:
    """Return whether a name is of those that extracted tokens get."""
    return _NAMED.fullmatch(name) is not None


class LiteralReferenceError(ValueError):
    """A text without tokens reads as a reference to a variable."""


@dataclass(slots=True)
class TokenExtractor:
    """Takes tokens out of requests, and gives each a name.

    Attributes:
        values: The token of each name.
        kinds: What it will be; see ``reconciler.core.fleet.variables``.
    """

    values: dict[str, object] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def without_tokens(self, value: object) -> object:
        """Return the value with a reference in place of every token.

        Raise DeployTimeNameError for a token as a name inside a JSON-valued field, and
        LiteralReferenceError.
        """
        match value:
            case str():
                return self._text(value, "any")
            case bool() | int() | None:
                return value
            case JsonDocument(document):
                return json_text(replaced(document, self._member, tokens))
            case Mapping():
                return {
                    key: self.without_tokens(item)
                    for key, item in value.items()
                    if item is not None
                }
            case float() | Sequence() if is_token(value):
                return self._whole(value)
            case Sequence():
                return [self.without_tokens(item) for item in value]
            case _:
                return value

    def _member(self, at: str, value: object) -> object:
        """Return a member of a JSON document without tokens."""
        del at
        match value:
            case str():
                return self._text(value, "text")
            case float() | Sequence() if is_token(value):
                return self._whole(value)
            case _:
                return value

    def _text(self, text: str, kind: str) -> str:
        if has_reference(text):
            raise LiteralReferenceError(f"{text!r}: {_REFUSED}")
        if not has_text_token(text):
            return text
        return TEXT_TOKEN.sub(lambda found: self._reference(found[0], found[0], kind), text)

    def _whole(self, token: object) -> str:
        kind = "number" if isinstance(token, float) else "list"
        return self._reference(repr(token), token, kind)

    def _reference(self, key: str, token: object, kind: str) -> str:
        name = self._names.get((key, kind))
        if name is None:
            name = self._names[key, kind] = f"v{len(self._names) + 1}"
            self.values[name], self.kinds[name] = token, kind
        return reference(name)
