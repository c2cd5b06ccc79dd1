"""Deploy-time values of a fleet: CDK tokens taken out of requests, each by a name.

Ten thousand jobs share a role, a bucket and a key. So a token does not travel with each job, as it
does for a CompilationJob: the text gets a reference, ``${var.v1}``, and the token is one property.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from neo_constructs.synth.late_bound import JsonValue, TokenKeyError
from neo_constructs.synth.tokens import is_token

_TOKEN: Final = re.compile(r"\$\{Token\[[^\]]*\]\}")
_REFERENCE: Final = re.compile(r"\$\{var\.v[0-9]+\}")


@dataclass(slots=True)
class OpenValues:
    """Names for tokens.

    Attributes:
        values: The token of each name.
        kinds: What it will be: text, number, list, or any.
    """

    values: dict[str, object] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _shared: dict[int, tuple[object, object]] = field(default_factory=dict)

    def without_tokens(self, value: object) -> object:
        """Return the value with a reference in place of every token.

        Raises TokenKeyError for a token as a key inside a JSON-valued field.
        """
        match value:
            case str():
                return self._text(value, "any") if "${Token[" in value else value
            case bool() | int() | None:
                return value
            case JsonValue():
                return self._json_text(value.value)
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

    def shared(self, value: object) -> object:
        """Return a converted part that many requests share, converted once per object."""
        known = self._shared.get(id(value))
        if known is None:
            known = self._shared[id(value)] = (value, self.without_tokens(value))
        return known[1]

    def _json_text(self, value: object) -> str:
        put = value if _is_plain(value) else self._inside(value)
        return json.dumps(put, separators=(",", ":"), ensure_ascii=False)

    def _inside(self, value: object) -> object:
        match value:
            case str():
                return self._text(value, "text") if "${Token[" in value else value
            case float() | Sequence() if is_token(value):
                return self._whole(value)
            case Mapping():
                return {self._key(key): self._inside(item) for key, item in value.items()}
            case Sequence():
                return [self._inside(item) for item in value]
            case _:
                return value

    def _key(self, key: object) -> str:
        if not isinstance(key, str) or is_token(key):
            raise TokenKeyError(
                f"the name {key!r} is not known at synthesis; names inside data_input_config and "
                "compiler_options must be plain text"
            )
        return key

    def _text(self, text: str, kind: str) -> str:
        return _TOKEN.sub(lambda found: self._reference(found[0], found[0], kind), text)

    def _whole(self, token: object) -> str:
        kind = "number" if isinstance(token, float) else "list"
        return self._reference(repr(token), token, kind)

    def _reference(self, key: str, token: object, kind: str) -> str:
        name = self._names.get((key, kind))
        if name is None:
            name = self._names[key, kind] = f"v{len(self._names) + 1}"
            self.values[name], self.kinds[name] = token, kind
        return f"${{var.{name}}}"


def _is_plain(value: object) -> bool:
    """Return whether a value is shapes by name without tokens, as most inputs are."""
    return isinstance(value, dict) and all(
        type(name) is str and "${Token[" not in name
        and type(shape) is list and all(type(length) is int for length in shape)
        for name, shape in value.items()
    )  # fmt: skip


def is_open(value: object) -> bool:
    """Return whether a value holds a reference to a value that is unknown at synthesis."""
    if isinstance(value, str):
        return "${var.v" in value and _REFERENCE.search(value) is not None
    return isinstance(value, list | tuple) and any(map(is_open, value))
