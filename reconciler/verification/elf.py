"""ELF libraries: the machine, the calling convention of floating-point numbers, what is needed.

Only headers and the dynamic section are read, each step bounds-checked by `ByteSource`: a library
comes out of an archive that may be hostile. Layouts are those of the System V ABI (gABI), version
needs those of the Linux Standard Base, flags and attributes those of the ARM ABI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.inspection.errors import Damaged, LimitReached, Unreadable
from reconciler.inspection.source import ByteSource

MAGIC = b"\x7fELF"
_MACHINES: Mapping[int, str] = {3: "x86", 40: "arm", 62: "x86_64", 183: "aarch64"}
_ARM = 40
_SHARED_OBJECT = 3
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRING_TABLE = 1, 5
_VERSION_NEEDS, _VERSION_NEED_COUNT = 0x6FFFFFFE, 0x6FFFFFFF
_HARD_FLOAT, _SOFT_FLOAT = 0x400, 0x200
_ATTRIBUTES = 0x70000003  # the section SHT_ARM_ATTRIBUTES
_VFP_ARGUMENTS = 28  # Tag_ABI_VFP_args
_TEXT_TAGS = frozenset({4, 5, 65, 67})  # attributes whose value is text, not a number
_MOST = 10_000
_LONGEST_NAME = 512


class FloatAbi(StrEnum):
    """How 32-bit ARM code passes floating-point numbers."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True, slots=True)
class SharedLibrary:
    """What a shared library says of itself.

    Attributes:
        machine: ``x86_64``, ``x86``, ``aarch64``, ``arm``, or the ABI's number of another one.
        bits: 32 or 64.
        float_abi: None where the machine has one convention, or the file does not say.
        needed: The libraries that the loader has to find, in order.
        versions: Of each needed library, the symbol versions that it has to have.
        windows: Whether it is a DLL.
    """

    machine: str
    bits: int
    float_abi: FloatAbi | None
    needed: tuple[str, ...]
    versions: Mapping[str, tuple[str, ...]]
    windows: bool = False


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


class _Reader:
    """The headers of one file, in its own width; little-endian alone."""

    def __init__(self, source: ByteSource) -> None:
        identity = source.head(20)
        if len(identity) < 20 or identity[:4] != MAGIC:
            raise Damaged("it does not begin as an ELF file does")
        if identity[4] not in (1, 2) or identity[5] != 1:
            raise Unreadable("an ELF file that is not little-endian of 32 or 64 bits")
        self.source = source
        self.bits = 64 if identity[4] == 2 else 32
        self.kind, self.machine = source.u16(16), source.u16(18)
        self.segments = list(self._segments())

    def word(self, at: int) -> int:
        """Return an address or offset."""
        return self.source.u64(at) if self.bits == 64 else self.source.u32(at)

    def _segments(self) -> Iterator[_Segment]:
        wide = self.bits == 64
        table = self.word(32 if wide else 28)
        entry, count = self.source.unpack("<HH", 54 if wide else 42)
        for index in range(count):
            at = table + index * entry
            kind = self.source.u32(at)
            if wide:
                offset, address, _, size = self.source.unpack("<4Q", at + 8)
            else:
                offset, address, _, size = self.source.unpack("<4I", at + 4)
            yield _Segment(kind, offset, address, size)

    def position(self, address: int) -> int:
        """Return where in the file the bytes of an address are."""
        for segment in self.segments:
            inside = address - segment.address
            if segment.kind == _LOAD and 0 <= inside < segment.size:
                return segment.offset + inside
        raise Damaged(f"address {address:#x} is in no segment of the file")

    def dynamic(self) -> list[tuple[int, int]]:
        """Return the entries of the dynamic section; none for a file without one."""
        segment = next((one for one in self.segments if one.kind == _DYNAMIC), None)
        found: list[tuple[int, int]] = []
        width = self.bits // 8
        while segment is not None and len(found) * 2 * width < segment.size:
            at = segment.offset + len(found) * 2 * width
            tag, value = self.word(at), self.word(at + width)
            if tag == 0:
                break
            if len(found) == _MOST:
                raise LimitReached(f"a dynamic section of more than {_MOST:,} entries")
            found.append((tag, value))
        return found

    def text(self, at: int) -> str:
        """Return a name that ends with a zero byte."""
        piece = self.source.read(at, min(_LONGEST_NAME, max(0, self.source.size - at)))
        name, zero, _ = piece.partition(b"\0")
        if not zero:
            raise Damaged("a name without an end")
        return name.decode("utf-8", "replace")


def read_elf(source: ByteSource) -> SharedLibrary:
    """Read a shared library.

    Raises:
        Damaged: It contradicts the format, or is not a shared library.
        Unreadable: It is big-endian.
        LimitReached: Reading it would cost more than was allowed.
    """
    reader = _Reader(source)
    if reader.kind != _SHARED_OBJECT:
        raise Damaged(f"an ELF file of type {reader.kind}, not a shared library")
    entries = reader.dynamic()
    values = dict(entries)
    needed: list[str] = []
    versions: dict[str, tuple[str, ...]] = {}
    if _STRING_TABLE in values:
        names = reader.position(values[_STRING_TABLE])
        needed = [reader.text(names + value) for tag, value in entries if tag == _NEEDED]
        if _VERSION_NEEDS in values:
            count = values.get(_VERSION_NEED_COUNT, 0)
            versions = dict(_needs(reader, reader.position(values[_VERSION_NEEDS]), count, names))
    machine = _MACHINES.get(reader.machine, f"machine {reader.machine}")
    return SharedLibrary(machine, reader.bits, _float_abi(reader), tuple(needed), versions)


def _needs(
    reader: _Reader, at: int, count: int, names: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the version needs: of each library, its name and the versions of its symbols."""
    source = reader.source
    for _ in range(min(count, _MOST)):
        _, number, name, first, following = source.unpack("<HHIII", at)
        found: list[str] = []
        entry = at + first
        for _ in range(min(number, _MOST)):
            _, _, _, version, further = source.unpack("<IHHII", entry)
            source.budget.step()
            found.append(reader.text(names + version))
            if not further:
                break
            entry += further
        yield reader.text(names + name), tuple(found)
        if not following:
            return
        at += following


def _float_abi(reader: _Reader) -> FloatAbi | None:
    """Return the convention of an ARM library, from its flags or its build attributes."""
    if reader.machine != _ARM:
        return None
    flags = reader.source.u32(36)
    if flags & _HARD_FLOAT:
        return FloatAbi.HARD
    if flags & _SOFT_FLOAT:
        return FloatAbi.SOFT
    return _float_abi_of_attributes(reader)


def _float_abi_of_attributes(reader: _Reader) -> FloatAbi | None:
    table = reader.source.u32(32)
    entry, count = reader.source.unpack("<HH", 46)
    for index in range(count):
        kind, _, _, offset, size = reader.source.unpack("<5I", table + index * entry + 4)
        if kind == _ATTRIBUTES:
            content = reader.source.read(offset, min(size, 1 << 16))
            return FloatAbi.HARD if _attribute(content, _VFP_ARGUMENTS) == 1 else FloatAbi.SOFT
    return None


def _attribute(content: bytes, wanted: int) -> int:
    """Return a number of the ARM vendor's file attributes, 0 by default."""
    header = re.match(rb"A....aeabi\0\x01....", content, re.DOTALL)
    position = header.end() if header else len(content)
    while position < len(content):
        tag, position = _uleb(content, position)
        if tag in _TEXT_TAGS:
            end = content.find(b"\0", position)
            position = len(content) if end < 0 else end + 1
            continue
        value, position = _uleb(content, position)
        if tag == wanted:
            return value
    return 0


def _uleb(content: bytes, position: int) -> tuple[int, int]:
    """Return a number in LEB128 and the position behind it; what breaks off is 0."""
    value = shift = 0
    while position < len(content) and shift < 64:
        byte = content[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            break
    return value, position
