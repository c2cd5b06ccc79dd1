"""Protocol Buffers' wire format, read field by field, unknown fields and weights skipped.

Used for ONNX and TensorFlow. Their own libraries would do: `onnx` brings numpy, ml_dtypes and
protobuf (about 110 MB unpacked), TensorFlow 1.5 GB; both load the whole model, weights included,
and need `protoc` classes. The wire format is four encodings and stable by contract; these
lines hold no more than a page of a model in memory, whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.spec.inspection.errors import Damaged
from reconciler.spec.inspection.source import Source

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a source: one message, text or blob."""

    source: Source
    start: int
    end: int

    def text(self) -> str:
        """The span as UTF-8 text."""
        return self.source.text(self.start, self.end - self.start)

    def data(self) -> bytes:
        """The span's bytes."""
        return self.source.read(self.start, self.end - self.start)

    def fields(self) -> Iterator[tuple[int, int | Span]]:
        """Field numbers with their values: integers as int (unsigned), everything else a span.

        Raises:
            Damaged: These are no Protocol Buffers.
        """
        position = self.start
        while position < self.end:
            self.source.budget.step()
            key, position = self.varint(position)
            number, kind = key >> 3, key & 7
            if number == 0:
                raise Damaged(f"field number 0 at byte {position:,}")
            value, position = self._value(kind, position)
            yield number, value

    def _value(self, kind: int, position: int) -> tuple[int | Span, int]:
        if kind == _VARINT:
            return self.varint(position)
        if kind == _BYTES:
            length, position = self.varint(position)
            return self._sub(position, length), position + length
        if kind in (_FIXED64, _FIXED32):
            width = 8 if kind == _FIXED64 else 4
            return self._sub(position, width), position + width
        raise Damaged(f"wire type {kind} at byte {position:,}")

    def _sub(self, position: int, length: int) -> Span:
        if position + length > self.end:
            raise Damaged(
                f"a field of {length:,} bytes at byte {position:,} passes its message's end"
            )
        return Span(self.source, position, position + length)

    def varint(self, position: int) -> tuple[int, int]:
        chunk = self.source.read(position, min(10, self.end - position))
        value = shift = 0
        for index, byte in enumerate(chunk):
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, position + index + 1
            shift += 7
        raise Damaged(f"a number without end at byte {position:,}")


def signed(value: int | Span) -> int:
    """An int64 field's value."""
    if isinstance(value, Span):
        raise Damaged("bytes where a number belongs")
    return value - (1 << 64) if value >= 1 << 63 else value


def message(value: int | Span) -> Span:
    """A field's value that has to be bytes, text or a message."""
    if isinstance(value, int):
        raise Damaged("a number where a message belongs")
    return value


def last(span: Span, number: int) -> int | Span | None:
    """The last value of a field (as Protocol Buffers want it for single fields), or None."""
    found: int | Span | None = None
    for candidate, value in span.fields():
        if candidate == number:
            found = value
    return found


def text_of(span: Span, number: int) -> str:
    """A text field, empty if missing."""
    value = last(span, number)
    return "" if value is None else message(value).text()


def number_of(span: Span, number: int) -> int:
    """An integer field, 0 if missing."""
    value = last(span, number)
    return 0 if value is None else signed(value)


def numbers(value: int | Span) -> list[int]:
    """A repeated integer field's values: one, or a packed run."""
    if isinstance(value, int):
        return [signed(value)]
    position, found = value.start, []
    while position < value.end:
        value.source.budget.step()
        item, position = value.varint(position)
        found.append(signed(item))
    return found


def whole(source: Source) -> Span:
    """The whole file as one message."""
    return Span(source, 0, source.size)
