"""A spec's text, the documents in it, and where each of their values stands.

A place is an offset for a scalar, and for a map or list its offset with the places of what is in
it. Places are built beside the values and looked up only when something is reported.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from reconciler.rules.finding import Finding
from reconciler.specs import codes

MapEntries: TypeAlias = "dict[str, tuple[int, Place]]"
Place: TypeAlias = "int | tuple[int, MapEntries] | tuple[int, list[Place]]"
Step: TypeAlias = str | int

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_LINES: Final = 1_000_000
_BREAK: Final = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Source:
    """A file's name as people see it, and its text.

    Lines end at LF, CRLF or CR, as editors count them; lines and columns begin with 1, and a
    column counts characters.
    """

    name: str
    text: str = field(repr=False)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _BREAK.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of a character."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line without its end; empty past the last one."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column, the inverse of ``position``."""
        return self._starts[min(line, len(self._starts)) - 1] + column - 1


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file at an offset of its text.

    Attributes:
        other: Where the other one of two that conflict is.
    """

    finding: Finding
    offset: int = 0
    other: int | None = None


def read_source(path: Path, name: str) -> tuple[Source, list[Problem]]:
    """Read a file. What keeps it from being read is a problem, and its text is then empty."""
    if path.is_fifo() and path.parts[:2] != ("/", "dev"):  # a shell's <(…) is below /dev/fd
        return Source(name, ""), [
            Problem(codes.UNREADABLE.at("", "cannot be read: it is a named pipe, not a file"))
        ]
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as failed:
        reason = failed.strerror or type(failed).__name__
        return Source(name, ""), [Problem(codes.UNREADABLE.at("", f"cannot be read: {reason}"))]
    return decode(data, name)


def decode(data: bytes, name: str) -> tuple[Source, list[Problem]]:
    """Decode a file's bytes as UTF-8, with or without a byte order mark."""
    if len(data) > MAX_BYTES:
        return Source(name, ""), [
            Problem(
                codes.TOO_LARGE.at(
                    "", "the file is too large for a spec",
                    got=f"more than {MAX_BYTES} bytes", allowed=f"up to {MAX_BYTES} bytes",
                    hint="Split it into several files.",
                )
            )
        ]  # fmt: skip
    if data.count(b"\n") > MAX_LINES:
        return Source(name, ""), [
            Problem(
                codes.TOO_LARGE.at(
                    "", "the file has too many lines for a spec", allowed=f"up to {MAX_LINES}"
                )
            )
        ]
    try:
        return Source(name, data.decode("utf-8-sig")), []
    except UnicodeDecodeError as wrong:
        good = data[: wrong.start].decode("utf-8", "replace")
        found = codes.NOT_UTF8.at(
            "", "the file is not UTF-8 text", got=f"byte 0x{data[wrong.start]:02x}",
            hint="Save it as UTF-8.",
        )  # fmt: skip
        return Source(name, good), [Problem(found, len(good))]


@dataclass(frozen=True)
class Document:
    """One YAML or JSON document: its value, and the places of everything in it.

    Attributes:
        find_places: Gives the places, when they are first asked for.
    """

    source: Source
    value: object
    find_places: Callable[[], Place] = field(repr=False)

    @cached_property
    def place(self) -> Place:
        """Where everything stands."""
        return self.find_places()


def path_of(steps: tuple[Step, ...]) -> str:
    """Return a path as people read it: ``models.resnet18.targets[1]``."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def offset_of(place: Place) -> int:
    """Return the offset at which a value begins."""
    return place if isinstance(place, int) else place[0]


def find(place: Place, steps: tuple[Step, ...], *, key: bool = False) -> int:
    """Return the offset of the value at a path, or of the last one on the way that exists.

    With ``key``, the offset of the key that the path ends with instead of its value's.
    """
    offset = offset_of(place)
    for number, step in enumerate(steps):
        if isinstance(place, int):
            return offset
        entries = place[1]
        if isinstance(entries, dict):
            entry = entries.get(str(step))
            if entry is None:
                return offset
            at_key, place = entry
            if key and number == len(steps) - 1:
                return at_key
        elif isinstance(step, int) and step < len(entries):
            place = entries[step]
        else:
            return offset
        offset = offset_of(place)
    return offset


def reaches(place: Place, steps: tuple[Step, ...]) -> bool:
    """Return whether a path leads to a value of the document."""
    for step in steps:
        entries = None if isinstance(place, int) else place[1]
        if isinstance(entries, dict) and step in entries:
            place = entries[str(step)][1]
        elif isinstance(entries, list) and isinstance(step, int) and step < len(entries):
            place = entries[step]
        else:
            return False
    return True
