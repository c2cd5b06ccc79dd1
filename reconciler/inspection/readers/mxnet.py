"""MXNet models: the -symbol.json graph, with the shapes of its .params.

Inputs are the variables of the graph for which the parameters hold no value. MXNet's own loader is
a retired 47 MB library that no longer imports with a current numpy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from reconciler.inspection import codes
from reconciler.inspection.bounded_json import mapping, parse_source, sequence, text
from reconciler.inspection.errors import Damaged
from reconciler.inspection.model import Dimension, Model, Shape, Surroundings, Tensor
from reconciler.inspection.readers.mxnet_params import read_params
from reconciler.inspection.source import ByteSource
from reconciler.inspection.words import words
from reconciler.rules.finding import Finding

_DTYPES = {"0": "float32", "1": "float64", "2": "float16", "3": "uint8", "4": "int32", "6": "int64"}
_SAME_AXES = frozenset(
    words(
        "elemwise_sub elemwise_add elemwise_mul elemwise_div broadcast_sub broadcast_add "
        "broadcast_mul broadcast_div _minus_scalar _plus_scalar _mul_scalar _div_scalar BatchNorm "
        "Cast identity _copy clip expand_dims _image_normalize _image_to_tensor"
    )
)


@dataclass(frozen=True, slots=True)
class _Node:
    operator: str
    name: str
    attributes: Mapping[str, object]
    takes: tuple[int, ...]


def read(source: ByteSource, around: Surroundings) -> Model:
    """Return the model in a -symbol.json file.

    Raises:
        Damaged: It is not an MXNet symbol.
        LimitReached: It is larger than is parsed.
    """
    root = mapping(parse_source(source))
    nodes = [_node(item) for item in sequence(root.get("nodes"))]
    if not nodes or "heads" not in root:
        raise Damaged("it holds no nodes and heads, as MXNet symbols do")
    shapes = _parameters(source, around)
    inputs = tuple(_inputs(nodes, shapes))
    version = sequence(mapping(root.get("attrs")).get("mxnet_version"))
    number = version[1] if len(version) == 2 and isinstance(version[1], int) else 0
    return Model(
        framework="MXNET",
        format="MXNet symbol",
        file=source.name,
        version=f"{number // 10000}.{number // 100 % 100}.{number % 100}" if number else "",
        inputs=inputs,
        outputs=tuple(_outputs(nodes, sequence(root.get("heads")))),
        operators=dict(Counter(node.operator for node in nodes if node.operator != "null")),
        details={"parameters": str(len(shapes))} if shapes is not None else {},
        findings=tuple(_findings(source.name, nodes, shapes, inputs)),
    )


def _node(item: object) -> _Node:
    node = mapping(item)
    attributes: dict[str, object] = {}
    for key in ("attrs", "attr", "param"):
        attributes.update(mapping(node.get(key)))
    takes = [sequence(link) for link in sequence(node.get("inputs"))]
    return _Node(
        operator=text(node.get("op")),
        name=text(node.get("name")),
        attributes=attributes,
        takes=tuple(link[0] for link in takes if link and isinstance(link[0], int)),
    )


def _parameters(source: ByteSource, around: Surroundings) -> Mapping[str, Shape] | None:
    """Return shapes of the parameters beside the symbol; None if there is no such file."""
    folder = PurePosixPath(source.name).parent
    for path, found in sorted(around.sources.items()):
        if path.endswith(".params") and PurePosixPath(path).parent == folder:
            return read_params(found)
    return None


def _inputs(nodes: list[_Node], shapes: Mapping[str, Shape] | None) -> Iterator[Tensor]:
    for index, node in enumerate(nodes):
        if node.operator != "null" or (shapes is not None and node.name in shapes):
            continue
        shape = _declared(node.attributes.get("__shape__"))
        label = node.name.endswith("_label") or node.name == "label"
        if shapes is None and not _looks_like_input(node, shape):
            continue
        layout, channels = _layout(nodes, index, shapes or {})
        if shape is None and layout:
            shape = (
                (None, channels, None, None) if layout == "NCHW" else (None, None, None, channels)
            )
        kind = text(node.attributes.get("__dtype__"))
        yield Tensor(node.name, shape, _DTYPES.get(kind, ""), layout, optional=label)


def _looks_like_input(node: _Node, shape: Shape) -> bool:
    """Return whether a variable without parameters is an input: it is not named like a weight."""
    return shape is not None or re.search(r"data|input|label", node.name) is not None


def _declared(value: object) -> Shape:
    if not isinstance(value, str) or not re.fullmatch(r"[(\[][-\d, L]{1,200}[)\]]", value):
        return None
    sizes: list[Dimension] = []
    for part in re.findall(r"-?\d{1,9}", value):
        sizes.append(int(part) if int(part) > 0 else None)
    return tuple(sizes)


def _layout(nodes: list[_Node], start: int, shapes: Mapping[str, Shape]) -> tuple[str, int | None]:
    """Return where the first convolution behind an input expects channels, and how many."""
    same, moved = {start}, False
    for index, node in enumerate(nodes):
        if not node.takes or node.takes[0] not in same:
            continue
        if node.operator == "transpose" and re.sub(r"\s", "", str(node.attributes.get("axes"))) in (
            "(0,3,1,2)",
            "(2,0,1)",
        ):
            moved = True
            same.add(index)
        elif node.operator in _SAME_AXES:
            moved = moved or node.operator == "_image_to_tensor"
            same.add(index)
        elif node.operator == "Convolution":
            return _from_convolution(nodes, node, shapes, moved=moved)
    return ("NHWC", None) if moved else ("", None)


def _from_convolution(
    nodes: list[_Node], node: _Node, shapes: Mapping[str, Shape], *, moved: bool
) -> tuple[str, int | None]:
    last = str(node.attributes.get("layout")) == "NHWC" or moved
    weight = nodes[node.takes[1]].name if len(node.takes) > 1 and _valid(node, nodes) else ""
    shape = shapes.get(weight) or ()
    if len(shape) != 4:
        return "", None
    groups = str(node.attributes.get("num_group", "1"))
    channels = shape[1]
    if isinstance(channels, int) and groups.isdigit() and len(groups) < 6:
        return "NHWC" if last else "NCHW", channels * int(groups)
    return "NHWC" if last else "NCHW", None


def _valid(node: _Node, nodes: list[_Node]) -> bool:
    return all(0 <= index < len(nodes) for index in node.takes)


def _outputs(nodes: list[_Node], heads: list[object]) -> Iterator[Tensor]:
    for head in map(sequence, heads):
        if head and isinstance(head[0], int) and 0 <= head[0] < len(nodes):
            yield Tensor(f"{nodes[head[0]].name}_output")


def _findings(
    file: str,
    nodes: list[_Node],
    shapes: Mapping[str, Shape] | None,
    inputs: tuple[Tensor, ...],
) -> Iterator[Finding]:
    if shapes is not None:
        unknown = sorted(shapes.keys() - {node.name for node in nodes})
        if unknown:
            yield codes.MXNET_PARAMETERS.in_archive(
                f"{len(unknown)} parameter arrays are not in {file}",
                got=", ".join(unknown[:6]),
                hint="Neo asks that the .params file holds this network's weights only.",
            )
    for tensor in inputs:
        if tensor.layout == "NHWC":
            yield codes.MXNET_LAYOUT.in_archive(
                f"{file} takes {tensor.name!r} with channels last; Neo expects NCHW of MXNet",
                got="NHWC",
                allowed="NCHW",
                hint="Export without preprocessing (export_block(..., preprocess=False, "
                "layout='CHW')).",
            )
