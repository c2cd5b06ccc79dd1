"""Compare an artifact's bytes with the digest that DescribeCompilationJob gives of them.

The API says that ModelDigests.ArtifactDigest is a BLAKE2 hash, and not which one. Its length tells
the candidates; a digest of another form cannot be compared.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

_HEX: Final = re.compile(r"[0-9a-f]+")


class DigestVerdict(StrEnum):
    """What a comparison says."""

    MATCHES = "matches"
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # the job gives no digest, or one of an unknown form


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class DigestCheck:
    """Takes an artifact's bytes, and compares their digest with the expected one."""

    expected: str
    hashes: tuple[_Hash, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.expected = self.expected.lower()
        self.hashes = _candidates(self.expected)

    def update(self, data: bytes) -> None:
        """Take further bytes."""
        for each in self.hashes:
            each.update(data)

    def found(self) -> tuple[str, ...]:
        """Return the digests of the bytes that were taken, one by each candidate."""
        return tuple(each.hexdigest() for each in self.hashes)

    def verdict(self) -> DigestVerdict:
        """Return what the bytes that were taken say."""
        if not self.hashes:
            return DigestVerdict.UNKNOWN
        same = self.expected in self.found()
        return DigestVerdict.MATCHES if same else DigestVerdict.DIFFERS


def _candidates(expected: str) -> tuple[_Hash, ...]:
    if not _HEX.fullmatch(expected):
        return ()
    match len(expected):
        case 64:
            return hashlib.blake2b(digest_size=32), hashlib.blake2s()
        case 128:
            return (hashlib.blake2b(),)
        case _:
            return ()
