"""Universal Binary JSON, walked for a few wanted values; all else is passed over.

XGBoost writes it since 1.6. Its trees are typed arrays, which are skipped in one step.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from reconciler.inspection.errors import Damaged
from reconciler.inspection.source import ByteSource

_INTEGERS = {0x69: ">b", 0x55: ">B", 0x49: ">h", 0x75: ">H", 0x6C: ">i", 0x6D: ">I", 0x4C: ">q"}
_WIDTHS = {0x69: 1, 0x55: 1, 0x49: 2, 0x75: 2, 0x6C: 4, 0x6D: 4, 0x4C: 8, 0x64: 4, 0x44: 8, 0x43: 1}
_DEEPEST = 64
_LONGEST_TEXT = 4096
_CONSTANTS = frozenset(b"ZNTF")

Visit = Callable[[str, object], None]


class Walker:
    """Calls `visit(path, value)` for each number and text, as in ``learner/version/0``."""

    def __init__(self, source: ByteSource, visit: Visit) -> None:
        self._source = source
        self._visit = visit
        self._position = 0

    def walk(self) -> None:
        """Read the one value that the file is.

        Raises:
            Damaged: It is not UBJSON.
        """
        self._value("", self._marker(), 0)

    def _marker(self) -> int:
        while True:
            self._source.budget.step()
            marker = self._source.u8(self._position)
            self._position += 1
            if marker != 0x4E:  # N, a no-op
                return marker

    def _integer(self, marker: int) -> int:
        layout = _INTEGERS.get(marker)
        if layout is None:
            raise Damaged(f"marker {marker:#x} where UBJSON has a length")
        width = struct.calcsize(layout)
        value = self._source.unpack(layout, self._position)[0]
        self._position += width
        return value

    def _length(self) -> int:
        length = self._integer(self._marker())
        if length < 0 or self._position + length > self._source.size:
            raise Damaged(f"a length of {length:,} at byte {self._position:,}")
        return length

    def _text(self) -> str:
        length = self._length()
        value = ""
        if length <= _LONGEST_TEXT:
            value = self._source.text(self._position, length)
        self._position += length
        return value

    def _value(self, path: str, marker: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise Damaged(f"UBJSON nested more than {_DEEPEST} deep")
        if marker in _INTEGERS:
            self._visit(path, self._integer(marker))
        elif marker in _WIDTHS:
            self._position += _WIDTHS[marker]
        elif marker in (0x53, 0x48):  # S, H: text and long number
            self._visit(path, self._text())
        elif marker == 0x5B:
            self._array(path, depth)
        elif marker == 0x7B:
            self._object(path, depth)
        elif marker not in _CONSTANTS:
            raise Damaged(f"marker {marker:#x} at byte {self._position:,} is not UBJSON")

    def _container(self) -> tuple[int, int]:
        """Return the optional type (0: each its own) and count (-1: until the end mark)."""
        kind, count = 0, -1
        if self._source.u8(self._position) == 0x24:
            kind = self._source.u8(self._position + 1)
            self._position += 2
            if self._source.u8(self._position) != 0x23:
                raise Damaged("a typed UBJSON container without count")
        if self._source.u8(self._position) == 0x23:
            self._position += 1
            count = self._integer(self._marker())
            if count < 0:
                raise Damaged("a negative UBJSON count")
        return kind, count

    def _array(self, path: str, depth: int) -> None:
        kind, count = self._container()
        if kind in _WIDTHS and kind not in _INTEGERS:
            self._skip(_WIDTHS[kind] * count)
            return
        if kind in _INTEGERS and count > 16:
            self._skip(_WIDTHS[kind] * count)
            return
        index = 0
        while count < 0 or index < count:
            marker = kind or self._marker()
            if marker == 0x5D and count < 0:
                return
            self._source.budget.step()
            self._value(f"{path}/{index}", marker, depth + 1)
            index += 1

    def _object(self, path: str, depth: int) -> None:
        kind, count = self._container()
        index = 0
        while count < 0 or index < count:
            if count < 0 and self._source.u8(self._position) == 0x7D:
                self._position += 1
                return
            key = self._text()
            self._value(f"{path}/{key}" if path else key, kind or self._marker(), depth + 1)
            index += 1

    def _skip(self, length: int) -> None:
        if self._position + length > self._source.size:
            raise Damaged("a UBJSON array passes the file's end")
        self._position += length
