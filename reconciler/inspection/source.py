"""Random access to the bytes of one model file, without ever holding the file in memory.

Models are gigabytes of weights around a few kilobytes that say what the model takes. Every reader
therefore works on spans (start, end) of a `ByteSource` and reads only what it needs; the rest is
seeked over. A read beyond the end is `Damaged`, so no reader needs bounds checks of its own.
"""

from __future__ import annotations

import struct
from typing import IO

from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.limits import MEBIBYTE, ReadBudget

_PAGE = 64 * 1024
_LARGEST_READ = 16 * MEBIBYTE


class ByteSource:
    """The bytes of one file, behind a page of cache, charged to a budget."""

    def __init__(self, file: IO[bytes], size: int, budget: ReadBudget, name: str = "") -> None:
        self.size = size
        self.budget = budget
        self.name = name
        self._file = file
        self._page = b""
        self._page_start = 0

    def read(self, start: int, length: int) -> bytes:
        """Return exactly `length` bytes from `start`.

        Raises:
            Damaged: The file ends before, or the position is negative.
            LimitReached: More than 16 MiB at once.
        """
        end = start + length
        if start < 0 or length < 0 or end > self.size:
            raise Damaged(f"points to byte {end:,} of a file of {self.size:,} bytes")
        if length > _LARGEST_READ:
            raise LimitReached(f"one value of {length:,} bytes")
        if length > _PAGE:
            self.budget.step(length >> 12)
            return self._fetch(start, length)
        if start < self._page_start or end > self._page_start + len(self._page):
            self.budget.step()
            self._page = self._fetch(start, min(_PAGE, self.size - start))
            self._page_start = start
        offset = start - self._page_start
        return self._page[offset : offset + length]

    def _fetch(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        data = self._file.read(length)
        if len(data) != length:
            raise Damaged(f"ends at byte {start + len(data):,}, not {self.size:,}")
        return data

    def head(self, length: int) -> bytes:
        """Return the first `length` bytes, or the whole file if it is shorter."""
        return self.read(0, min(length, self.size))

    def unpack(self, layout: str, start: int) -> tuple[int, ...]:
        """Return integers in `struct` notation (byte order included), read at `start`."""
        return struct.unpack(layout, self.read(start, struct.calcsize(layout)))

    def u8(self, start: int) -> int:
        """Return an unsigned byte."""
        return self.read(start, 1)[0]

    def u16(self, start: int) -> int:
        """Return a little-endian unsigned 16-bit number."""
        return int.from_bytes(self.read(start, 2), "little")

    def u32(self, start: int) -> int:
        """Return a little-endian unsigned 32-bit number."""
        return int.from_bytes(self.read(start, 4), "little")

    def i32(self, start: int) -> int:
        """Return a little-endian signed 32-bit number."""
        return int.from_bytes(self.read(start, 4), "little", signed=True)

    def u64(self, start: int) -> int:
        """Return a little-endian unsigned 64-bit number."""
        return int.from_bytes(self.read(start, 8), "little")

    def text(self, start: int, length: int) -> str:
        """Read a name: at most 64 KiB of UTF-8; invalid bytes become U+FFFD."""
        if length > _PAGE:
            raise Damaged(f"a name of {length:,} bytes")
        return self.read(start, length).decode("utf-8", "replace")
