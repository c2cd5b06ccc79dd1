"""TensorFlow's GraphDef: nodes, placeholders, what nobody consumes.

Field numbers are those of tensorflow/core/framework/{graph,node_def,attr_value,function,
tensor_shape,types}.proto, which TensorFlow keeps compatible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.inspection.model import Dimension, Shape, Tensor
from reconciler.inspection.protobuf import Span, last, message, number_of, signed, text_of
from reconciler.inspection.words import words

_DTYPES = words(
    "- float32 float64 int32 uint8 int16 int8 string complex64 int64 bool qint8 quint8 qint32 "
    "bfloat16 qint16 quint16 uint16 complex128 float16 resource variant uint32 uint64"
)
CONTROL_FLOW = frozenset(
    words(
        "Switch Merge Enter Exit NextIteration LoopCond While StatelessWhile If StatelessIf "
        "TensorArrayV3 TensorListReserve"
    )
)
_IMAGES = frozenset({"Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool"})
_UNSEEN = frozenset({"NoOp", "Assert", "SaveV2", "RestoreV2", "Const"})
_MOST_OUTPUTS = 1000
_VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable"})


@dataclass(slots=True)
class Graph:
    """What a GraphDef says."""

    placeholders: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    operators: Counter[str] = field(default_factory=Counter)
    layouts: Counter[str] = field(default_factory=Counter)
    producer: int = 0

    @property
    def has_variables(self) -> bool:
        """True if weights lie outside the graph."""
        return any(name in self.operators for name in _VARIABLES)

    @property
    def layout(self) -> str:
        """What every operator that has a data format agrees on; empty if they do not."""
        return next(iter(self.layouts)) if len(self.layouts) == 1 else ""


def dtype_name(number: int) -> str:
    """Return a DataType's name in numpy's words."""
    return _DTYPES[number] if 0 < number < len(_DTYPES) else f"type {number}"


def shape_of(span: Span) -> Shape:
    """Return the shape in a TensorShapeProto."""
    sizes: list[Dimension] = []
    for number, value in span.fields():
        if number == 3 and value:
            return None
        if number == 2:
            size = number_of(message(value), 1)
            sizes.append(size if size > 0 else None)
    return tuple(sizes)


def read_graph(span: Span) -> Graph:
    """Return a GraphDef's placeholders, outputs and operators; its functions' operators included.

    Raises:
        Damaged: It is not a GraphDef.
    """
    graph = Graph()
    consumed: set[str] = set()
    names: list[str] = []
    for number, value in span.fields():
        if number == 1:
            name, operator = _node(message(value), graph, consumed)
            if operator not in _UNSEEN:
                names.append(name)
        elif number == 2:
            for node in _functions(message(value)):
                _node(node, graph, set())
        elif number == 4:
            graph.producer = number_of(message(value), 1)
    seen = consumed | {tensor.name for tensor in graph.placeholders}
    graph.outputs = [Tensor(name) for name in names if name not in seen][:_MOST_OUTPUTS]
    return graph


def _functions(library: Span) -> Iterator[Span]:
    for number, function in library.fields():
        if number == 1:
            for part, node in message(function).fields():
                if part == 3:
                    yield message(node)


def _node(span: Span, graph: Graph, consumed: set[str]) -> tuple[str, str]:
    texts = ["", "", ""]
    attributes: dict[str, Span] = {}
    for number, value in span.fields():
        if number == 3:
            consumed.add(message(value).text().lstrip("^").split(":")[0])
        elif number == 5:
            _attribute(message(value), attributes)
        elif number < 3:
            texts[number] = message(value).text()
    _, name, operator = texts
    graph.operators[operator] += 1
    if operator in ("Placeholder", "PlaceholderV2"):
        graph.placeholders.append(_placeholder(name, attributes))
    if "data_format" in attributes:
        graph.layouts[text_of(attributes["data_format"], 2)] += 1
    elif operator in _IMAGES:
        graph.layouts["NHWC"] += 1  # the default, which a SavedModel leaves out
    return name, operator


def _attribute(entry: Span, attributes: dict[str, Span]) -> None:
    key = text_of(entry, 1)
    value = last(entry, 2) if key in ("shape", "dtype", "data_format") else None
    if value is not None:
        attributes[key] = message(value)


def _placeholder(name: str, attributes: Mapping[str, Span]) -> Tensor:
    dtype = ""
    if "dtype" in attributes:
        number = last(attributes["dtype"], 6)
        dtype = dtype_name(signed(number)) if number is not None else ""
    shape = last(attributes["shape"], 7) if "shape" in attributes else None
    sizes = shape_of(message(shape)) if shape is not None else None
    return Tensor(name, sizes, dtype, aliases=(f"{name}:0",))


def dtype_number(name: str) -> int:
    """Return a DataType's number by its name in text form (``DT_FLOAT``); 0 if unknown."""
    plain = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16"}
    wanted = plain.get(name, name.removeprefix("DT_").lower())
    return _DTYPES.index(wanted) if wanted in _DTYPES else 0
