"""TFLite models, read from their flatbuffer by offset.

The `tflite` package (generated accessors plus flatbuffers and numpy) copies the whole file and
checks nothing: a wrong offset raises struct.error or reads what is not there. A table is a signed
offset to a list of 16-bit field offsets; that is all that is needed here, each step bounds-checked
by `ByteSource`. Slots are those of tensorflow/lite/schema/schema.fbs, which only ever grows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.inspection import codes
from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.model import Dimension, Model, Surroundings, Tensor
from reconciler.inspection.readers.tflite_operators import operator_name
from reconciler.inspection.source import ByteSource
from reconciler.inspection.words import words
from reconciler.rules.finding import Finding

_DTYPES = words(
    "float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64 complex128 "
    "uint64 resource variant uint32 uint16 int4 bfloat16"
)
_SPATIAL = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D"})
_CUSTOM = 32
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class _Table:
    source: ByteSource
    at: int

    def slot(self, index: int) -> int:
        """Return where a field's value lies; 0 if it has its default."""
        vtable = self.at - self.source.i32(self.at)
        self.source.budget.step()
        if 4 + 2 * index + 2 > self.source.u16(vtable):
            return 0
        offset = self.source.u16(vtable + 4 + 2 * index)
        return self.at + offset if offset else 0

    def i8(self, index: int) -> int:
        """Return a signed byte, 0 by default."""
        position = self.slot(index)
        return self.source.unpack("<b", position)[0] if position else 0

    def i32(self, index: int) -> int:
        """Return a number, 0 by default."""
        position = self.slot(index)
        return self.source.i32(position) if position else 0

    def vector(self, index: int) -> tuple[int, int]:
        """Return where a vector's items begin, and how many there are."""
        position = self.slot(index)
        if not position:
            return 0, 0
        start = position + self.source.u32(position)
        count = self.source.u32(start)
        if count > _MOST:
            raise LimitReached(f"a vector of {count:,} items")
        self.source.budget.step(count // 16)
        return start + 4, count

    def text(self, index: int) -> str:
        """Return a string, empty by default."""
        start, count = self.vector(index)
        return self.source.text(start, count) if count else ""

    def integers(self, index: int) -> list[int]:
        """Return a vector of 32-bit numbers."""
        start, count = self.vector(index)
        return list(self.source.unpack(f"<{count}i", start)) if count else []

    def tables(self, index: int) -> Iterator[_Table]:
        """Yield a vector of tables."""
        start, count = self.vector(index)
        for item in range(count):
            position = start + 4 * item
            yield _Table(self.source, position + self.source.u32(position))


def read(source: ByteSource, _around: Surroundings) -> Model:
    """Return the model in a .tflite file.

    Raises:
        Damaged: It is not a TFLite flatbuffer.
    """
    if source.head(8)[4:8] != b"TFL3":
        raise Damaged("it lacks TFLite's mark 'TFL3' at byte 4")
    model = _Table(source, source.u32(0))
    operators = [_operator(code) for code in model.tables(1)]
    graph = next(model.tables(2), None)
    if graph is None:
        raise Damaged("it holds no graph")
    tensors = list(graph.tables(0))
    count: Counter[str] = Counter()
    for node in graph.tables(3):
        index = node.i32(0)
        if not 0 <= index < len(operators):
            raise Damaged(f"operator {index} of {len(operators)}")
        count[operators[index]] += 1
    layout = "NHWC" if _SPATIAL & count.keys() else ""
    return Model(
        framework="TFLITE",
        format="TFLite",
        file=source.name,
        inputs=tuple(_tensor(tensors, index, layout) for index in graph.integers(1)),
        outputs=tuple(_tensor(tensors, index, "") for index in graph.integers(2)),
        operators=dict(count),
        details={"schema": str(model.i32(0)), "description": model.text(3)},
        findings=tuple(_findings(source.name, count)),
    )


def _operator(code: _Table) -> str:
    number = max(code.i32(3), code.i8(0))
    return f"custom {code.text(1)}" if number == _CUSTOM else operator_name(number)


def _tensor(tensors: list[_Table], index: int, layout: str) -> Tensor:
    if not 0 <= index < len(tensors):
        raise Damaged(f"tensor {index} of {len(tensors)}")
    table = tensors[index]
    fixed, open_sizes = table.integers(0), table.integers(7)
    sizes = open_sizes if len(open_sizes) == len(fixed) else fixed
    shape: tuple[Dimension, ...] = tuple(size if size > 0 else None for size in sizes)
    number = table.i8(1)
    dtype = _DTYPES[number] if 0 <= number < len(_DTYPES) else f"type {number}"
    return Tensor(table.text(3), shape, dtype, layout if len(shape) == 4 else "")


def _findings(file: str, operators: Counter[str]) -> Iterator[Finding]:
    foreign = sorted(name for name in operators if name.startswith("custom "))
    if foreign:
        yield codes.CUSTOM_OPERATOR.in_archive(
            f"{file} uses operators outside TFLite's own",
            got=", ".join(name.removeprefix("custom ") for name in foreign[:8]),
            hint="Neo answers 'operators are not implemented'. Convert with "
            "target_spec.supported_ops = [TFLITE_BUILTINS] and without detection post-processing.",
        )
