"""The attributes of an HDF5 file's root group: all that Keras needs to say what a model is.

h5py would do it with libhdf5: 60 MB with numpy, and a C parser with a long record of memory errors
on hostile files (CVE-2018-11202 … CVE-2025-2926), which would run on archives that nobody vouches
for. Attributes of one group need superblock, object header and global heap, no B-trees and
no datasets. Structures: HDF5 File Format Specification 3.0, sections II, III.E, IV.A.

Attributes that newer files keep in a heap of their own: `hdf5_dense`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.inspection.errors import Damaged
from reconciler.inspection.readers.hdf5_dense import dense_attributes
from reconciler.inspection.readers.hdf5_file import File, open_file
from reconciler.inspection.source import ByteSource

_CONTINUATION, _ATTRIBUTE, _ATTRIBUTE_INFO = 0x10, 0x0C, 0x15
_FIXED_TEXT, _VARIABLE = 3, 9
_MOST_BLOCKS = 4096


def root_attributes(source: ByteSource) -> dict[str, bytes]:
    """Return text attributes of the root group by name; others are left out.

    Raises:
        Damaged: It is not an HDF5 file.
        Unreadable: Its attributes are kept in a way that is not read here.
    """
    file = open_file(source)
    found: dict[str, bytes] = {}
    for kind, start, size in _messages(file):
        if kind == _ATTRIBUTE:
            found.update(_attribute(file, start, size))
        elif kind == _ATTRIBUTE_INFO:
            for at, length in _dense(file, start):
                found.update(_attribute(file, at, length))
    return found


def _messages(file: File) -> Iterator[tuple[int, int, int]]:
    """Yield each message of the root's object header: type, start, size; continuations followed."""
    newer = file.source.read(file.root, 4) == b"OHDR"
    ordered = False
    if newer:
        start, size, ordered = _header_v2(file)
    else:
        if file.source.u8(file.root) != 1:
            raise Damaged("its root group has no object header")
        start, size = file.root + 16, file.source.u32(file.root + 8)
    blocks = [(start, size)]
    for count, (block, length) in enumerate(blocks):
        if count > _MOST_BLOCKS:
            raise Damaged("its object header never ends")
        for kind, at, width in _block(file, block, length, newer=newer, ordered=ordered):
            if kind == _CONTINUATION:
                blocks.append(_continuation(file, at, newer=newer))
            yield kind, at, width


def _header_v2(file: File) -> tuple[int, int, bool]:
    flags = file.source.u8(file.root + 5)
    position = file.root + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    return position + width, file.number(position, width), bool(flags & 4)


def _continuation(file: File, at: int, *, newer: bool) -> tuple[int, int]:
    start = file.address(at)
    length = file.number(at + file.offset_width, file.length_width)
    return (start + 4, length - 8) if newer else (start, length)


def _block(
    file: File, start: int, length: int, *, newer: bool, ordered: bool
) -> Iterator[tuple[int, int, int]]:
    position, end = start, start + length
    prefix = (6 if ordered else 4) if newer else 8
    while position + prefix <= end:
        file.source.budget.step()
        if newer:
            kind, size = file.source.u8(position), file.source.u16(position + 1)
            flags = file.source.u8(position + 3)
        else:
            kind, size = file.source.u16(position), file.source.u16(position + 2)
            flags = file.source.u8(position + 4)
        if not flags & 2:
            yield kind, position + prefix, size
        position += prefix + size


def _attribute(file: File, start: int, size: int) -> Iterator[tuple[str, bytes]]:
    source = file.source
    version, flags = source.u8(start), source.u8(start + 1)
    if version not in (1, 2, 3) or (version > 1 and flags & 3):
        return
    widths = [source.u16(start + at) for at in (2, 4, 6)]
    position = start + (9 if version == 3 else 8)
    step = 8 if version == 1 else 1
    name = source.text(position, widths[0]).rstrip("\0")
    kind_at = position + -(-widths[0] // step) * step
    space_at = kind_at + -(-widths[1] // step) * step
    data_at = space_at + -(-widths[2] // step) * step
    if data_at > start + size:
        raise Damaged("an HDF5 attribute passes its header's end")
    if source.u8(space_at + 1) == 0:
        text = _text(file, kind_at, data_at)
        if text is not None:
            yield name, text


def _text(file: File, kind_at: int, data_at: int) -> bytes | None:
    """Return the bytes of a scalar text; None for any other attribute."""
    source = file.source
    kind = source.u8(kind_at) & 0x0F
    if kind == _FIXED_TEXT:
        return source.read(data_at, source.u32(kind_at + 4)).rstrip(b"\0")
    if kind == _VARIABLE and source.u8(kind_at + 1) & 0x0F == 1:
        length = source.u32(data_at)
        heap = file.address(data_at + 4)
        index = source.u32(data_at + 4 + file.offset_width)
        return _from_heap(file, heap, index, length)
    return None


def _from_heap(file: File, heap: int, wanted: int, length: int) -> bytes:
    source = file.source
    if source.read(heap, 4) != b"GCOL":
        raise Damaged("an HDF5 text lies outside every heap")
    end = heap + file.number(heap + 8, file.length_width)
    position = heap + 8 + file.length_width
    prefix = 8 + file.length_width
    while position + prefix <= end:
        source.budget.step()
        index = source.u16(position)
        size = file.number(position + 8, file.length_width)
        if index == wanted:
            return source.read(position + prefix, min(size, length))
        if index == 0:
            break
        position += prefix + -(-size // 8) * 8
    raise Damaged("an HDF5 text is missing from its heap")


def _dense(file: File, start: int) -> Iterator[tuple[int, int]]:
    """Yield attributes that are kept apart from the object, if there are any."""
    heap = start + (4 if file.source.u8(start + 1) & 1 else 2)
    if file.source.read(heap, file.offset_width) != b"\xff" * file.offset_width:
        tree = heap + file.offset_width
        yield from dense_attributes(file, file.address(heap), file.address(tree))
