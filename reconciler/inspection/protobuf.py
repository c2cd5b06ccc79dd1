"""Protocol Buffers' wire format, read field by field, unknown fields and weights skipped.

Used for ONNX and TensorFlow. Their own libraries would do: `onnx` brings numpy, ml_dtypes and
protobuf (about 110 MB unpacked), TensorFlow 1.5 GB; both load the whole model, weights included,
and need `protoc` classes. The wire format is four encodings and stable by contract; these
lines hold no more than a page of a model in memory, whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.inspection.errors import Damaged
from reconciler.inspection.source import ByteSource

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WINDOW = 32 * 1024
_LONGEST = 20  # a key and a length


class Span:
    """A part of a source: one message, text or blob."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: ByteSource, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end

    def text(self) -> str:
        """Return the span as UTF-8 text."""
        return self.source.text(self.start, self.end - self.start)

    def data(self) -> bytes:
        """Return the span's bytes."""
        return self.source.read(self.start, self.end - self.start)

    def fields(self) -> Iterator[tuple[int, int | Span]]:
        """Yield field numbers with values: integers as int (unsigned), everything else as a span.

        The loop is written for speed: a model is tens of thousands of small fields.

        Raises:
            Damaged: These are no Protocol Buffers.
        """
        source, end, position, count = self.source, self.end, self.start, 0
        window, base = b"", position
        while position < end:
            at = position - base
            if at + _LONGEST > len(window) and base + len(window) < end:
                window = source.read(position, min(_WINDOW, end - position))
                base, at = position, 0
            count += 1
            if not count & 63:
                source.budget.step(64)
            key = window[at]
            at += 1
            if key > 0x7F:
                key, at = _varint(window, at - 1)
            kind, number = key & 7, key >> 3
            if kind == _VARINT:
                value, at = _varint(window, at)
                position = base + at
                yield _checked(number, position), value
                continue
            length, at = _length(window, at, kind)
            start = base + at
            position = start + length
            if position > end:
                raise Damaged(f"a field at byte {start:,} passes its message's end")
            yield _checked(number, start), Span(source, start, position)
        source.budget.step(count & 63)


def _checked(number: int, position: int) -> int:
    if number == 0:
        raise Damaged(f"field number 0 before byte {position:,}")
    return number


def _length(window: bytes, at: int, kind: int) -> tuple[int, int]:
    """Return the length of a value that is not a number, and where it begins."""
    if kind == _BYTES:
        return _varint(window, at)
    if kind == _FIXED64:
        return 8, at
    if kind == _FIXED32:
        return 4, at
    raise Damaged(f"wire type {kind}, which Protocol Buffers do not have")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + 10]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise Damaged("a number without end")


def signed(value: int | Span) -> int:
    """Return an int64 field's value."""
    if isinstance(value, Span):
        raise Damaged("bytes where a number belongs")
    return value - (1 << 64) if value >= 1 << 63 else value


def message(value: int | Span) -> Span:
    """Return a field's value that has to be bytes, text or a message."""
    if isinstance(value, int):
        raise Damaged("a number where a message belongs")
    return value


def last(span: Span, number: int) -> int | Span | None:
    """Return the last value of a field (as Protocol Buffers want it for single fields), or None."""
    found: int | Span | None = None
    for candidate, value in span.fields():
        if candidate == number:
            found = value
    return found


def text_of(span: Span, number: int) -> str:
    """Return a text field, empty if missing."""
    value = last(span, number)
    return "" if value is None else message(value).text()


def number_of(span: Span, number: int) -> int:
    """Return an integer field, 0 if missing."""
    value = last(span, number)
    return 0 if value is None else signed(value)


def numbers(value: int | Span) -> list[int]:
    """Return a repeated integer field's values: one, or a packed run."""
    if isinstance(value, int):
        return [signed(value)]
    data, at, found = value.data(), 0, []
    while at < len(data):
        value.source.budget.step()
        item, at = _varint(data, at)
        found.append(signed(item))
    return found


def whole(source: ByteSource) -> Span:
    """Return the whole file as one message."""
    return Span(source, 0, source.size)
