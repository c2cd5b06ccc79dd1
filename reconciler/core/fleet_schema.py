"""The digest that a fleet's document is known by."""

from __future__ import annotations

import hashlib


def digest_of(text: str | bytes) -> str:
    """The SHA-256 of a document's text, in hex."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
