"""tar, read header by header from a stream, under a budget.

Python's `tarfile` reads extended headers of any size into memory, applies pax records that it does
not need, and has had parser bugs with hostile headers (CVE-2024-6232, CVE-2025-8194). Here nothing
is extracted by name, links are never followed and only what is needed is understood: ustar, old
tar, GNU long names, and of pax the path, link and size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.inspection.errors import Damaged, LimitReached, NotAnArchive
from reconciler.inspection.gunzip import Gunzip
from reconciler.inspection.limits import ReadBudget

BLOCK = 512
_LARGEST_SIZE = 1 << 46


class MemberKind(StrEnum):
    """What a member is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"


_KINDS: Mapping[bytes, MemberKind] = {
    b"0": MemberKind.FILE,
    b"\0": MemberKind.FILE,
    b"7": MemberKind.FILE,
    b"1": MemberKind.LINK,
    b"2": MemberKind.LINK,
    b"5": MemberKind.FOLDER,
}


@dataclass(frozen=True, slots=True)
class Member:
    """One entry, as its header tells it; `name` is not to be trusted as a path."""

    name: str
    kind: MemberKind
    size: int
    target: str = ""


class Body:
    """A member's bytes; what is not taken is skipped."""

    def __init__(self, stream: Gunzip, size: int) -> None:
        self._stream = stream
        self._left = size
        self._padding = -size % BLOCK

    def read(self, size: int) -> bytes:
        """Return at most `size` further bytes; none at the member's end."""
        wanted = min(size, self._left)
        if wanted <= 0:
            return b""
        data = self._stream.read(wanted)
        if not data:
            raise Damaged(f"the archive breaks off with {self._left:,} bytes of a member missing")
        self._left -= len(data)
        return data

    def skip(self) -> None:
        """Pass over what is left, padding included."""
        while self.read(1 << 18):
            pass
        self._stream.read_exactly(self._padding)


def members(stream: Gunzip, budget: ReadBudget) -> Iterator[tuple[Member, Body]]:
    """Yield every member with its body, in order; each body is gone when the next is asked for.

    Raises:
        NotAnArchive: It does not begin as a tar.
        Damaged: A header is wrong, or the archive breaks off.
        LimitReached: Too many members, or too large a header.
    """
    extended: dict[str, str] = {}
    for count in range(budget.limits.members + 1):
        header = stream.read_exactly(BLOCK)
        if not header and count == 0:
            raise NotAnArchive("gzip, but there is nothing in it")
        if not header or header == bytes(BLOCK):
            return
        if count == budget.limits.members:
            break
        member, flag = _parse(header, first=count == 0)
        body = Body(stream, member.size)
        if flag in (b"x", b"L", b"K"):
            extended |= _extended(flag, body, member.size, budget)
            body.skip()
            continue
        if flag != b"g":
            member = _with(extended, member)
            body = Body(stream, member.size)
            yield member, body
            extended = {}
        body.skip()
    raise LimitReached(f"more than {budget.limits.members:,} members")


def _parse(header: bytes, *, first: bool) -> tuple[Member, bytes]:
    if len(header) < BLOCK:
        raise (NotAnArchive if first else Damaged)("the tar breaks off in a header")
    stored = _number(header[148:156], first=first)
    blank = header[:148] + b" " * 8 + header[156:]
    if stored not in (sum(blank), sum(b - 256 if b > 127 else b for b in blank)):
        if first:
            raise NotAnArchive("gzip, but its content is not a tar")
        raise Damaged("a tar header's checksum is wrong")
    flag = header[156:157]
    name = _string(header[:100])
    if header[257:262] == b"ustar" and header[257:265] != b"ustar  \0" and header[345]:
        name = f"{_string(header[345:500])}/{name}"
    kind = _KINDS.get(flag, MemberKind.SPECIAL)
    if kind is MemberKind.FILE and name.endswith("/"):
        kind = MemberKind.FOLDER
    size = _number(header[124:136], first=first)
    if kind in (MemberKind.LINK, MemberKind.FOLDER):
        size = 0
    return Member(name, kind, size, _string(header[157:257])), flag


def _number(field: bytes, *, first: bool) -> int:
    if field[0] & 0x80:
        value = int.from_bytes(field[1:], "big")
        if field[0] != 0x80 or value > _LARGEST_SIZE:
            raise Damaged("a tar header holds a negative or absurd number")
        return value
    digits = field.split(b"\0", 1)[0].strip()
    try:
        value = int(digits or b"0", 8)
    except ValueError:
        raise (NotAnArchive if first else Damaged)("gzip, but its content is not a tar") from None
    if value < 0:
        raise Damaged("a tar header holds a negative number")
    return value


def _string(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")


def _extended(flag: bytes, body: Body, size: int, budget: ReadBudget) -> dict[str, str]:
    if size > budget.limits.header_bytes:
        raise LimitReached(f"an extended tar header of {size:,} bytes")
    parts = []
    while piece := body.read(size):
        parts.append(piece)
    data = b"".join(parts)
    if flag == b"x":
        return _pax(data)
    return {"path" if flag == b"L" else "linkpath": _string(data)}


def _pax(data: bytes) -> dict[str, str]:
    """Return the records of a pax header: each is its own length, a blank, key=value, a newline."""
    records: dict[str, str] = {}
    position = 0
    while position < len(data):
        blank = data.find(b" ", position, position + 8)
        digits = data[position:blank]
        if blank < 0 or not digits.isdigit():
            raise Damaged("a pax header is malformed")
        end = position + int(digits)
        if end <= blank or end > len(data):
            raise Damaged("a pax record passes its header's end")
        key, equals, value = data[blank + 1 : end].rstrip(b"\n").partition(b"=")
        if equals:
            records[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        position = end
    return records


def _with(extended: Mapping[str, str], member: Member) -> Member:
    """Return the member with what its extended headers say of it."""
    size = member.size
    if "size" in extended and member.kind in (MemberKind.FILE, MemberKind.SPECIAL):
        digits = extended["size"]
        if not digits.isascii() or not digits.isdigit() or len(digits) > 14:
            raise Damaged("a pax header holds no valid size")
        size = int(digits)
    sparse = any(key.startswith("GNU.sparse") for key in extended)
    return Member(
        name=extended.get("path", member.name),
        kind=MemberKind.SPECIAL if sparse else member.kind,
        size=size,
        target=extended.get("linkpath", member.target),
    )
