"""The outermost structure of an HDF5 file: its superblock."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.inspection.errors import Damaged, Unreadable
from reconciler.inspection.source import ByteSource

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_BEGINNINGS = (0, 512, 1024, 2048, 4096)


@dataclass(frozen=True, slots=True)
class File:
    """Where the root group is, and how wide addresses and lengths are."""

    source: ByteSource
    root: int
    base: int
    offset_width: int
    length_width: int

    def address(self, at: int) -> int:
        """Return an address stored at `at`."""
        return self.base + self.number(at, self.offset_width)

    def number(self, at: int, width: int) -> int:
        """Return a little-endian number of any width."""
        return int.from_bytes(self.source.read(at, width), "little")


def beginning(source: ByteSource) -> int | None:
    """Return where HDF5 begins in the file, after a user's block; None if it does not."""
    for start in _BEGINNINGS:
        end = start + len(SIGNATURE)
        if end <= source.size and source.read(start, len(SIGNATURE)) == SIGNATURE:
            return start
    return None


def open_file(source: ByteSource) -> File:
    """Read the superblock.

    Raises:
        Damaged: It is not an HDF5 file, or shorter than it says.
        Unreadable: It is of a version that is not known here.
    """
    first = beginning(source)
    if first is None:
        raise Damaged("it lacks HDF5's signature")
    version = source.u8(first + 8)
    if version in (0, 1):
        offset_width, length_width = source.u8(first + 13), source.u8(first + 14)
        start = first + 24 + 4 * version
        root_at = start + 5 * offset_width
    elif version in (2, 3):
        offset_width, length_width = source.u8(first + 9), source.u8(first + 10)
        start = first + 12
        root_at = start + 3 * offset_width
    else:
        raise Unreadable(f"HDF5 superblock version {version}")
    if offset_width not in (2, 4, 8) or length_width not in (2, 4, 8):
        raise Damaged("its HDF5 superblock is malformed")
    base = int.from_bytes(source.read(start, offset_width), "little")
    end = int.from_bytes(source.read(start + 2 * offset_width, offset_width), "little")
    if end > source.size:
        raise Damaged(f"it ends at byte {source.size:,} and says that it has {end:,}")
    root = int.from_bytes(source.read(root_at, offset_width), "little")
    return File(source, base + root, base, offset_width, length_width)
