"""gzip, expanded in small pieces under a budget.

`gzip.GzipFile` would do for honest files; it has no ceiling on what one read may expand to, so a
bomb's cost could only be seen after it was paid.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from reconciler.inspection.errors import Damaged, LimitReached, NotAnArchive
from reconciler.inspection.limits import ReadBudget

_CHUNK = 256 * 1024
MAGIC = b"\x1f\x8b"


class ByteStream(Protocol):
    """Bytes that come once, front to back: a file, standard input, an object in S3."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end.

        Raises:
            OSError: The bytes could not be had; its text says why.
        """


class Gunzip:
    """The expanded bytes of a gzip stream of one or more members."""

    def __init__(self, stream: ByteStream, budget: ReadBudget) -> None:
        self._stream = stream
        self._budget = budget
        self._inflate = zlib.decompressobj(wbits=31)
        self._pending = b""
        self._fresh = True
        self._done = False
        self.compressed = 0
        self.expanded = 0

    def read_exactly(self, size: int) -> bytes:
        """Read `size` bytes, fewer only at the end of the stream; for small sizes."""
        parts = []
        while size > 0:
            piece = self.read(size)
            if not piece:
                break
            parts.append(piece)
            size -= len(piece)
        return b"".join(parts)

    def read(self, size: int) -> bytes:
        """Return between 1 and `size` bytes; none at the end.

        Raises:
            NotAnArchive: The stream does not begin as gzip.
            Damaged: It breaks off or its checksum is wrong.
            LimitReached: It is, or expands to, more than allowed.
        """
        size = min(size, _CHUNK)
        while not self._done:
            if not self._pending and not self._refill():
                return b""
            data = self._expand(size)
            if data:
                self._charge(len(data))
                return data
        return b""

    def _refill(self) -> bool:
        self._budget.step()
        self._pending = self._stream.read(_CHUNK)
        self.compressed += len(self._pending)
        if self.compressed > self._budget.limits.archive_bytes:
            raise LimitReached(f"an archive of more than {self.compressed:,} bytes")
        if self._pending:
            return True
        self._done = True
        if self.compressed == 0:
            raise NotAnArchive("the file is empty")
        if not self._fresh:
            raise Damaged(f"the gzip stream breaks off after {self.compressed:,} bytes")
        return False

    def _expand(self, size: int) -> bytes:
        if self._fresh and not self._begin_member():
            return b""
        try:
            data = self._inflate.decompress(self._pending, size)
        except zlib.error as error:
            raise Damaged(f"the gzip stream is damaged: {error}") from None
        self._pending = self._inflate.unconsumed_tail
        if self._inflate.eof:
            self._pending = self._inflate.unused_data
            self._inflate = zlib.decompressobj(wbits=31)
            self._fresh = True
        return data

    def _begin_member(self) -> bool:
        """Return whether another gzip member begins; ignore padding after the last one."""
        if len(self._pending) < len(MAGIC):
            more = self._stream.read(_CHUNK)
            self.compressed += len(more)
            self._pending += more
        if not self._pending.startswith(MAGIC):
            if self.expanded == 0:
                raise NotAnArchive("it does not begin as gzip does")
            self._done = True
            return False
        self._fresh = False
        return True

    def _charge(self, count: int) -> None:
        self._budget.step()
        self._budget.check_time()
        self.expanded += count
        limits = self._budget.limits
        if self.expanded > limits.expanded_bytes:
            raise LimitReached(
                f"an archive that expands to more than {limits.expanded_bytes:,} bytes"
            )
        ratio = self.expanded / max(1, self.compressed)
        if self.expanded > limits.ratio_from and ratio > limits.ratio:
            raise LimitReached(
                f"an archive that expands {ratio:,.0f}-fold (allowed above "
                f"{limits.ratio_from:,} bytes: {limits.ratio}-fold)"
            )
