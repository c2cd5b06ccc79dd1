"""What the writers and the readers of a fleet's document agree on."""

from __future__ import annotations

import hashlib
from typing import Final

SCHEMA: Final = 1
MAX_JOBS: Final = 25_000


def digest_of(text: str | bytes) -> str:
    """The SHA-256 of a document's text, in hex."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
