"""What an artifact says of itself: DLR's ``.meta``, or TVM's graph and the names of its weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.inspection.bounded_json import mapping, parse_source, sequence, text
from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.model import Tensor
from reconciler.inspection.source import ByteSource

_PARAMS_MAGIC: Final = 0xF7E58D4F05049CB7  # kTVMNDArrayListMagic
_MOST_NAMES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Description:
    """Inputs, outputs and makers, as far as the artifact names them.

    Attributes:
        engine: ``neo_local`` for an artifact of the local engine; empty for Neo's.
        runtime: Name and version of the runtime that it needs, such as ``tvm-0.27``.
        target: The device or platform in capital letters, as DLR's description has it.
        ignored: The keys of CompilerOptions that the local engine did not honour.
    """

    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    engine: str = ""
    runtime: str = ""
    target: str = ""
    ignored: tuple[str, ...] = ()


def read_meta(source: ByteSource) -> Description:
    """Read a ``.meta`` file. Raises InspectionError."""
    root = mapping(parse_source(source))
    if not root:
        raise Damaged("it is not a JSON object")
    model, requirements = mapping(root.get("Model")), mapping(root.get("Requirements"))
    compilation = mapping(root.get("Compilation"))
    return Description(
        inputs=tuple(_tensors(model.get("Inputs"))),
        outputs=tuple(_tensors(model.get("Outputs"))),
        engine=text(root.get("engine")),
        runtime=text(requirements.get("Runtime")),
        target=text(requirements.get("TargetDevice")),
        ignored=tuple(map(text, sequence(compilation.get("IgnoredOptions")))),
    )


def _tensors(value: object) -> Iterator[Tensor]:
    for item in map(mapping, sequence(value)):
        sizes = tuple(_size(size) for size in sequence(item.get("shape")))
        yield Tensor(text(item.get("name")), sizes, text(item.get("dtype")))


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def read_graph(graph: ByteSource, weights: ByteSource | None) -> Description:
    """Read TVM's graph: inputs are the arguments that are not weights. Raises InspectionError."""
    tensors = _TvmGraph(mapping(parse_source(graph)))
    known = frozenset(_weight_names(weights)) if weights else frozenset()
    return Description(
        inputs=tuple(one for one in tensors.arguments() if one.name not in known),
        outputs=tuple(tensors.heads()),
    )


class _TvmGraph:
    """The nodes of a graph, and the shape and type of each of their outputs."""

    def __init__(self, root: Mapping[str, object]) -> None:
        self._root = root
        self._nodes = [mapping(node) for node in sequence(root.get("nodes"))]
        if not self._nodes:
            raise Damaged("it is not a graph of TVM's")
        attributes = mapping(root.get("attrs"))
        self._shapes = _list_of(attributes, "shape")
        self._types = _list_of(attributes, "dltype")
        self._rows = sequence(root.get("node_row_ptr"))

    def arguments(self) -> Iterator[Tensor]:
        """Yield what the graph takes, weights included."""
        for node in sequence(self._root.get("arg_nodes")):
            yield from self._tensor(node, 0)

    def heads(self) -> Iterator[Tensor]:
        """Yield what the graph gives."""
        for head in map(sequence, sequence(self._root.get("heads"))):
            if len(head) >= 2:
                yield from self._tensor(head[0], head[1])

    def _tensor(self, node: object, output: object) -> Iterator[Tensor]:
        if not isinstance(node, int) or not isinstance(output, int):
            return
        if 0 <= node < len(self._nodes):
            row = _at(self._rows, node)
            entry = (row if isinstance(row, int) else node) + output
            sizes = tuple(_size(size) for size in sequence(_at(self._shapes, entry)))
            name, dtype = text(self._nodes[node].get("name")), text(_at(self._types, entry))
            yield Tensor(name, sizes, dtype)


def _at(values: list[object], index: int) -> object:
    """Return an item, None if there is none."""
    return values[index] if 0 <= index < len(values) else None


def _list_of(attributes: Mapping[str, object], name: str) -> list[object]:
    """Return an attribute that is written as [type, list]."""
    pair = sequence(attributes.get(name))
    return sequence(pair[1]) if len(pair) == 2 else []


def _weight_names(source: ByteSource) -> Iterator[str]:
    """Yield the names in a ``.params`` file. Raises InspectionError."""
    if source.u64(0) != _PARAMS_MAGIC:
        raise Damaged("it does not begin as TVM's weights do")
    count = source.u64(16)
    if count > _MOST_NAMES:
        raise LimitReached(f"the names of {count:,} weights")
    position = 24
    for _ in range(count):
        length = source.u64(position)
        yield source.text(position + 8, length)
        source.budget.step()
        position += 8 + length
