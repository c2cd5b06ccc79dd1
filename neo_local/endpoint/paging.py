"""Page tokens: opaque to clients, bound to the query that they continue."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any


class BadToken(ValueError):
    """A token that was not given out, or not for this query."""


def encode(position: list[Any], query: Mapping[str, Any]) -> str:
    text = json.dumps([position, _digest(query)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def decode(token: str, query: Mapping[str, Any]) -> list[Any]:
    """Return the position that `encode` was given. Raises BadToken."""
    try:
        position, digest = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError) as problem:
        raise BadToken(token) from problem
    if digest != _digest(query) or not isinstance(position, list):
        raise BadToken(token)
    return position


def _digest(query: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()[:16]
