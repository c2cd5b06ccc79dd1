"""Bytes that are read once, front to back: an object that may be too large for memory."""

from __future__ import annotations

from typing import Protocol


class ObjectBody(Protocol):
    """The bytes of an object."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many further bytes; none at the end. Raises OSError."""
        ...
