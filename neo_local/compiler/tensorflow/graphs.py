"""TensorFlow's SavedModels and frozen graphs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neo_local.compiler.failure import CompileFailure, cannot_convert, input_configuration
from neo_local.compiler.model import Tensor
from neo_local.compiler.tensorflow.loaded import (
    LoadedModel,
    TensorFlow,
    declared,
)

_SAVED_MODELS = ("saved_model.pb", "saved_model.pbtxt")
_SIGNATURE = "serving_default"
_NO_RESULTS = ("NoOp", "Const", "Assert", "Placeholder")


def load(path: Path) -> LoadedModel:
    """Load the SavedModel or the frozen graph of a file. Raises CompileFailure."""
    try:
        return _saved(path.parent) if path.name in _SAVED_MODELS else _frozen(path)
    except CompileFailure:
        raise
    except Exception as problem:
        lines = str(problem).strip().splitlines() or ["unknown"]
        raise _not_loaded(lines[0][:300]) from problem


def _not_loaded(why: str) -> CompileFailure:
    return input_configuration(
        "Framework cannot load Tensorflow model. Please make sure the framework you select is "
        f"correct. {why}"
    )


def _saved(folder: Path) -> LoadedModel:
    import tensorflow

    loaded = tensorflow.saved_model.load(str(folder))
    name = _SIGNATURE if _SIGNATURE in loaded.signatures else min(loaded.signatures, default="")
    if not name:
        raise _not_loaded("The SavedModel has no signature.")
    signature = loaded.signatures[name]
    specs = signature.structured_input_signature[1]
    inputs = tuple(_fixed_rank(key, spec) for key, spec in sorted(specs.items()))
    outputs = tuple(sorted(signature.structured_outputs))

    def call(tensors: Sequence[TensorFlow]) -> Sequence[TensorFlow]:
        pairs = zip(inputs, tensors, strict=True)
        # By way of `loaded`, without which its variables would be freed.
        answers = loaded.signatures[name](**{one.name: tensor for one, tensor in pairs})
        return [answers[key] for key in outputs]

    return LoadedModel(inputs, outputs, call)


def _frozen(path: Path) -> LoadedModel:
    import tensorflow

    definition = _definition(path)
    graph = tensorflow.Graph()
    with graph.as_default():
        tensorflow.import_graph_def(definition, name="")
    nodes = graph.get_operations()
    used = {one.op.name for node in nodes for one in node.inputs}
    inputs = tuple(
        _fixed_rank(node.name, node.outputs[0]) for node in nodes if node.type == "Placeholder"
    )
    outputs = tuple(
        node.name
        for node in nodes
        if node.outputs and node.name not in used and node.type not in _NO_RESULTS
    )
    if not outputs:
        raise _not_loaded("The graph has no outputs.")

    def call(tensors: Sequence[TensorFlow]) -> Sequence[TensorFlow]:
        pairs = zip(inputs, tensors, strict=True)
        feeds = {f"{one.name}:0": tensor for one, tensor in pairs}
        wanted = [f"{name}:0" for name in outputs]
        found: Sequence[TensorFlow] = tensorflow.graph_util.import_graph_def(
            definition, input_map=feeds, return_elements=wanted, name=""
        )
        return found

    return LoadedModel(inputs, outputs, call)


def _definition(path: Path) -> TensorFlow:
    from google.protobuf import text_format
    from tensorflow.core.framework import graph_pb2

    definition = graph_pb2.GraphDef()
    if path.suffix == ".pbtxt":
        text_format.Parse(path.read_text(), definition)
    else:
        definition.ParseFromString(path.read_bytes())
    if not definition.node:
        raise _not_loaded("It holds no graph.")
    return definition


def _fixed_rank(name: str, spec: TensorFlow) -> Tensor:
    if spec.shape.rank is None:
        raise cannot_convert(
            "TensorFlow", f"Input {name}: as_list() is not defined on an unknown TensorShape."
        )
    return declared(name, spec)
