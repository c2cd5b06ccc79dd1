"""Attributes that HDF5 keeps apart from their object: many of them, or large ones, in new files.

Records of a version 2 B-tree name objects in a fractal heap; each object is an attribute message.
Structures: HDF5 File Format Specification 3.0, sections III.A.2 and III.G. Trees of one level only,
which is some thirty attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.inspection.errors import Damaged, Unreadable
from reconciler.inspection.readers.hdf5_file import File

_MANAGED, _HUGE, _TINY = 0, 1, 2
_MOST_ROWS = 64


@dataclass(frozen=True, slots=True)
class _Heap:
    """What a fractal heap's header says."""

    file: File
    largest_managed: int
    huge_tree: int
    width: int
    first_block: int
    largest_block: int
    offset_bits: int
    root: int
    rows: int

    @property
    def offset_width(self) -> int:
        return -(-self.offset_bits // 8)

    @property
    def length_width(self) -> int:
        return -(-min(self.largest_block, self.largest_managed).bit_length() // 8)


def dense_attributes(file: File, heap_at: int, tree_at: int) -> Iterator[tuple[int, int]]:
    """Yield start and size of each attribute message.

    Raises:
        Damaged: The structures contradict each other.
        Unreadable: The tree has more than one level, or the heap is filtered.
    """
    heap = _read_heap(file, heap_at)
    for record in _records(file, tree_at):
        yield _locate(heap, record)


def _records(file: File, at: int) -> Iterator[int]:
    """Yield where each record of a B-tree of one level begins."""
    source = file.source
    if source.read(at, 4) != b"BTHD":
        raise Damaged("an HDF5 tree without header")
    size, depth = source.u16(at + 10), source.u16(at + 12)
    root = file.address(at + 16)
    count = source.u16(at + 16 + file.offset_width)
    if depth:
        raise Unreadable("more HDF5 attributes than one level of a tree holds")
    if count and source.read(root, 4) != b"BTLF":
        raise Damaged("an HDF5 tree without leaf")
    for index in range(count):
        source.budget.step()
        yield root + 6 + index * size


def _read_heap(file: File, at: int) -> _Heap:
    source, length, offset = file.source, file.length_width, file.offset_width
    if source.read(at, 4) != b"FRHP":
        raise Damaged("an HDF5 heap without header")
    if source.u16(at + 7):
        raise Unreadable("HDF5 attributes that are compressed")
    huge = at + 14 + length
    table = huge + 2 * offset + 9 * length
    root = table + 2 + 2 * length + 4
    return _Heap(
        file=file,
        largest_managed=source.u32(at + 10),
        huge_tree=file.address(huge),
        width=source.u16(table),
        first_block=file.number(table + 2, length),
        largest_block=file.number(table + 2 + length, length),
        offset_bits=source.u16(table + 2 + 2 * length),
        root=file.address(root),
        rows=source.u16(root + offset),
    )


def _locate(heap: _Heap, record: int) -> tuple[int, int]:
    file = heap.file
    kind = file.source.u8(record) >> 4 & 3
    if kind == _TINY:
        return record + 1, (file.source.u8(record) & 0x0F) + 1
    if kind == _HUGE:
        return _huge(heap, file.number(record + 1, 7))
    if kind != _MANAGED:
        raise Damaged("an HDF5 heap id of no kind")
    offset = file.number(record + 1, heap.offset_width)
    size = file.number(record + 1 + heap.offset_width, heap.length_width)
    return _managed(heap, offset), size


def _huge(heap: _Heap, wanted: int) -> tuple[int, int]:
    """Return an object of its own: address, length and id in a further tree."""
    file = heap.file
    for record in _records(file, heap.huge_tree):
        ident = file.number(record + file.offset_width + file.length_width, file.length_width)
        if ident & (1 << 56) - 1 == wanted:
            size = file.number(record + file.offset_width, file.length_width)
            return file.address(record), size
    raise Damaged("an HDF5 attribute is missing from its heap")


def _managed(heap: _Heap, offset: int) -> int:
    """Return where an offset of the heap lies in the file."""
    if heap.rows == 0:
        return heap.root + offset
    file, start = heap.file, 0
    if file.source.read(heap.root, 4) != b"FHIB":
        raise Damaged("an HDF5 heap without blocks")
    entry = heap.root + 5 + file.offset_width + heap.offset_width
    for row in range(min(heap.rows, _MOST_ROWS)):
        size = heap.first_block << max(0, row - 1)
        if size > heap.largest_block:
            raise Unreadable("an HDF5 heap of several levels")
        for _ in range(heap.width):
            file.source.budget.step()
            if start <= offset < start + size:
                return file.address(entry) + offset - start
            start += size
            entry += file.offset_width
    raise Damaged("an HDF5 attribute lies outside its heap")
