"""The port to small objects that several actors share: reads, and conditional writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

NEW: Final = "*"
"""In place of a version: write only if the object does not exist."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object's bytes, and the version (ETag) that a conditional write compares."""

    body: bytes
    version: str


class Objects(Protocol):
    """Objects in one bucket by key. Besides, every method may raise Transient, Denied, Invalid."""

    def get(self, key: str) -> Stored | None:
        """Return the current object, or None. Reads see every finished write."""
        ...

    def put(self, key: str, body: bytes, *, version: str | None = None) -> str:
        """Write an object and return its new version.

        Args:
            key: Its key.
            body: All of it.
            version: Write only over this version, or with NEW only what does not exist. Without
                it the object is written whatever is there.

        Raises WriteConflict if the version is another by now. A lost answer shows as Unavailable:
        reading the object shows whether it was written.
        """
        ...

    def delete(self, key: str) -> None:
        """Delete an object, if it exists."""
        ...


class Buckets(Protocol):
    """Objects by bucket."""

    def bucket(self, name: str, owner: str | None = None) -> Objects:
        """Return the objects of one bucket.

        Args:
            name: The bucket.
            owner: The account that it must belong to, if it is known.
        """
        ...
