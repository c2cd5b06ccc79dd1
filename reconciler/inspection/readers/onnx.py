"""ONNX models: inputs, outputs, opset, operators, weights outside the file.

Field numbers are those of onnx.proto3 (ONNX 1.x), which are frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reconciler.inspection import codes
from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.model import Dimension, Model, Shape, Surroundings, Tensor
from reconciler.inspection.protobuf import (
    Span,
    last,
    message,
    number_of,
    signed,
    text_of,
    whole,
)
from reconciler.inspection.readers.onnx_nodes import survey
from reconciler.inspection.source import ByteSource
from reconciler.inspection.words import words
from reconciler.rules.finding import Finding

_MOST_ENDS = 20_000
NEWEST_OPSET = 12
"""The opset of ONNX 1.7, the version that Neo lists (developer guide, supported frameworks)."""

_DTYPES = words(
    "- float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 "
    "complex64 complex128 bfloat16 float8_e4m3fn float8_e4m3fnuz float8_e5m2 "
    "float8_e5m2fnuz uint4 int4 float4_e2m1fn float8_e8m0fnu uint2 int2"
)


@dataclass(slots=True)
class _Graph:
    """One graph's parts, as spans, so that weights are never read."""

    nodes: list[Span] = field(default_factory=list)
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    weights: set[str] = field(default_factory=set)
    external: set[str] = field(default_factory=set)


def read(source: ByteSource, around: Surroundings) -> Model:
    """Return the model in an .onnx file.

    Raises:
        Damaged: It is not an ONNX model.
    """
    root = whole(source)
    body = last(root, 7)
    opsets = dict(_opset(message(value)) for number, value in root.fields() if number == 8)
    if body is None or not opsets:
        raise Damaged("it holds no graph or no opset, as every ONNX model does")
    graph = _graph(message(body))
    operators, layouts = survey(graph.nodes, graph.inputs)
    inputs = tuple(
        Tensor(tensor.name, tensor.shape, tensor.dtype, layouts.get(tensor.name, ""))
        for tensor in graph.inputs
        if tensor.name not in graph.weights
    )
    producer = f"{text_of(root, 2)} {text_of(root, 3)}".strip()
    return Model(
        framework="ONNX",
        format="ONNX",
        file=source.name,
        inputs=inputs,
        outputs=tuple(graph.outputs),
        operators=operators,
        details={
            "opset": str(opsets.get("", opsets.get("ai.onnx", 0))),
            "ir_version": str(number_of(root, 1)),
            **({"producer": producer} if producer else {}),
            **{f"opset of {name}": str(version) for name, version in opsets.items() if name},
        },
        findings=tuple(_findings(source, graph, opsets, operators, around)),
    )


def _opset(span: Span) -> tuple[str, int]:
    return text_of(span, 1), number_of(span, 2)


def _graph(span: Span) -> _Graph:
    graph = _Graph()
    for number, value in span.fields():
        match number:
            case 1:
                graph.nodes.append(message(value))
            case 5:
                _weight(message(value), graph)
            case 11:
                _add(graph.inputs, message(value))
            case 12:
                _add(graph.outputs, message(value))
            case 15:
                values = last(message(value), 1)
                if values is not None:
                    _weight(message(values), graph)
    return graph


def _add(tensors: list[Tensor], span: Span) -> None:
    if len(tensors) >= _MOST_ENDS:
        raise LimitReached(f"more than {_MOST_ENDS:,} inputs or outputs")
    tensors.append(_tensor(span))


def _weight(span: Span, graph: _Graph) -> None:
    for number, value in span.fields():
        if number == 8:
            graph.weights.add(message(value).text())
        elif number == 13 and text_of(message(value), 1) == "location":
            graph.external.add(text_of(message(value), 2))


def _tensor(span: Span) -> Tensor:
    kind = last(span, 2)
    plain = last(message(kind), 1) if kind is not None else None
    if plain is None:
        return Tensor(text_of(span, 1), None, "no tensor")
    element = number_of(message(plain), 1)
    dtype = _DTYPES[element] if 0 < element < len(_DTYPES) else f"type {element}"
    return Tensor(text_of(span, 1), _shape(message(plain)), dtype)


def _shape(span: Span) -> Shape:
    found = last(span, 2)
    if found is None:
        return None
    return tuple(
        _dimension(message(value)) for number, value in message(found).fields() if number == 1
    )


def _dimension(span: Span) -> Dimension:
    size: Dimension = None
    for number, value in span.fields():
        if number == 1:
            fixed = signed(value)
            size = fixed if fixed > 0 else None
        elif number == 2:
            size = message(value).text() or None
    return size


def _findings(
    source: ByteSource,
    graph: _Graph,
    opsets: dict[str, int],
    operators: dict[str, int],
    around: Surroundings,
) -> Iterator[Finding]:
    opset = opsets.get("", opsets.get("ai.onnx", 0))
    if opset > NEWEST_OPSET:
        yield codes.ONNX_OPSET.in_archive(
            f"{source.name} uses opset {opset}; Neo lists ONNX 1.7, which ends at {NEWEST_OPSET}",
            got=str(opset),
            allowed=f"at most {NEWEST_OPSET}",
            hint=f"Export with opset {NEWEST_OPSET} "
            f"(torch.onnx.export(..., opset_version={NEWEST_OPSET})).",
        )
    foreign = sorted(name for name in operators if "." in name)
    if foreign:
        yield codes.CUSTOM_OPERATOR.in_archive(
            f"{source.name} uses operators outside the ONNX standard",
            got=", ".join(foreign[:8]),
            hint="Neo answers 'operators are not implemented'. Export without them.",
        )
    folder = PurePosixPath(source.name).parent
    for name in sorted(graph.external):
        there = str(folder / name) in around.paths
        yield codes.ONNX_EXTERNAL.in_archive(
            f"{source.name} keeps weights in {name!r}, "
            + ("beside it." if there else "which is not in the archive."),
            got=name,
            allowed="one .onnx file with its weights inside",
            hint="Store them inside: onnx.save(onnx.load(path), out, save_as_external_data=False).",
        )
