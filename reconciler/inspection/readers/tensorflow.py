"""TensorFlow: SavedModels (by their serving signature) and frozen graphs (by their placeholders).

TensorFlow itself is 1.5 GB and runs a graph's operators at load; a SavedModel is Protocol Buffers,
so the wire reader is enough. Variables are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from reconciler.inspection import codes
from reconciler.inspection.errors import Damaged
from reconciler.inspection.model import Model, Surroundings, Tensor
from reconciler.inspection.protobuf import Span, last, message, number_of, text_of, whole
from reconciler.inspection.readers.tf_graph import (
    CONTROL_FLOW,
    Graph,
    dtype_name,
    read_graph,
    shape_of,
)
from reconciler.inspection.source import ByteSource
from reconciler.inspection.versions import newer_than
from reconciler.rules.finding import Finding

NEWEST_VERSION = "2.9"
_INIT_SIGNATURE = "__saved_model_init_op"


def read(source: ByteSource, around: Surroundings) -> Model:
    """Return the model in a .pb file.

    Raises:
        Damaged: It is neither a SavedModel nor a GraphDef.
    """
    root = whole(source)
    first_field = next(iter(root.fields()), None)
    if first_field is None:
        raise Damaged("it is empty")
    if isinstance(first_field[1], int) or first_field[0] == 2:
        return _saved_model(root, source, around)
    return _frozen_graph(root, source)


def _frozen_graph(root: Span, source: ByteSource) -> Model:
    graph = read_graph(root)
    if not graph.operators or "" in graph.operators:
        raise Damaged("it holds no graph")
    return Model(
        framework="TENSORFLOW",
        format="TensorFlow frozen graph",
        file=source.name,
        inputs=_with_layout(graph.placeholders, graph),
        outputs=tuple(graph.outputs),
        operators=dict(graph.operators),
        details={"graph producer": str(graph.producer)},
        findings=tuple(_graph_findings(source.name, graph, graph.placeholders)),
    )


def _saved_model(root: Span, source: ByteSource, around: Surroundings) -> Model:
    meta = last(root, 2)
    if meta is None:
        raise Damaged("it holds no graph")
    body = message(meta)
    info, definition = last(body, 1), last(body, 2)
    if definition is None:
        raise Damaged("it holds no graph")
    graph = read_graph(message(definition))
    version = text_of(message(info), 5) if info is not None else ""
    signatures = dict(_signatures(body))
    name = _serving(signatures)
    inputs, outputs = _io(signatures[name]) if name else (tuple(graph.placeholders), ())
    return Model(
        framework="TENSORFLOW",
        format="TensorFlow SavedModel",
        file=source.name,
        version=version,
        inputs=_with_layout(inputs, graph),
        outputs=outputs,
        operators=dict(graph.operators),
        details={"signature": name or "none", "signatures": ", ".join(sorted(signatures))},
        findings=(
            *_graph_findings(source.name, graph, inputs),
            *_saved_findings(source.name, version, name, graph, around),
        ),
    )


def _signatures(meta: Span) -> Iterator[tuple[str, Span]]:
    for number, value in meta.fields():
        if number == 5:
            entry = message(value)
            body = last(entry, 2)
            name = text_of(entry, 1)
            if body is not None and name != _INIT_SIGNATURE:
                yield name, message(body)


def _serving(signatures: Mapping[str, Span]) -> str:
    if "serving_default" in signatures:
        return "serving_default"
    return min(signatures, default="")


def _io(signature: Span) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    inputs = tuple(_tensor(message(value)) for number, value in signature.fields() if number == 1)
    outputs = tuple(_tensor(message(value)) for number, value in signature.fields() if number == 2)
    return inputs, outputs


def _tensor(entry: Span) -> Tensor:
    key, value = text_of(entry, 1), last(entry, 2)
    if value is None:
        return Tensor(key)
    info = message(value)
    name, shape = text_of(info, 1), last(info, 3)
    bare = name.split(":")[0]
    aliases = dict.fromkeys((name, bare, bare.removeprefix("serving_default_"), f"{key}:0"))
    return Tensor(
        name=key,
        shape=shape_of(message(shape)) if shape is not None else None,
        dtype=dtype_name(number_of(info, 2)),
        aliases=tuple(alias for alias in aliases if alias and alias != key),
    )


def _with_layout(tensors: tuple[Tensor, ...] | list[Tensor], graph: Graph) -> tuple[Tensor, ...]:
    return tuple(
        replace(tensor, layout=graph.layout if len(tensor.shape or ()) == 4 else "")
        for tensor in tensors
    )


def _graph_findings(
    file: str, graph: Graph, inputs: tuple[Tensor, ...] | list[Tensor]
) -> Iterator[Finding]:
    flow = sorted(CONTROL_FLOW & graph.operators.keys())
    unknown = sorted(tensor.name for tensor in inputs if tensor.shape is None)
    if flow:
        yield codes.TF_DYNAMIC.in_archive(
            f"{file} has control flow or tensor arrays, as detection models have",
            got=", ".join(flow),
            hint="Neo fails on such graphs ('as_list() is not defined on an unknown TensorShape'). "
            "Export the part without loops, or freeze it with fixed shapes.",
        )
    if unknown:
        yield codes.TF_DYNAMIC.in_archive(
            f"{file} has inputs whose number of dimensions is not fixed",
            got=", ".join(unknown),
            hint="Export with a fixed input shape, such as [1, 224, 224, 3].",
        )


def _saved_findings(
    file: str, version: str, signature: str, graph: Graph, around: Surroundings
) -> Iterator[Finding]:
    folder = PurePosixPath(file).parent
    if graph.has_variables and str(folder / "variables/variables.index") not in around.paths:
        yield codes.MISSING_COMPANION.in_archive(
            f"{file} keeps its weights in variables/, which is not in the archive",
            allowed="saved_model.pb and variables/ side by side",
            hint="Pack the whole export folder: tar czf model.tar.gz -C EXPORT_DIR .",
        )
    if not signature:
        yield codes.TF_SIGNATURE.in_archive(
            f"{file} has no serving signature; its inputs are guessed from placeholders",
            hint="Save with signatures={'serving_default': ...}.",
        )
    if newer_than(version, NEWEST_VERSION):
        yield codes.FRAMEWORK_AGE.at(
            codes.VERSION,
            f"{file} was written by TensorFlow {version}; Neo lists versions up to "
            f"{NEWEST_VERSION}",
            got=version,
            allowed=f"at most {NEWEST_VERSION}",
        )
