"""ONNX models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import onnx
from onnx import external_data_helper, numpy_helper

from neo_local.compiler.codegen import RelaxProgram
from neo_local.compiler.failure import CompileFailure, input_configuration, local_limit
from neo_local.compiler.frameworks.onnx_module import Proto, tensor_of, to_relax
from neo_local.compiler.inputs import input_shapes
from neo_local.compiler.layout import model_file
from neo_local.compiler.model import ModelSource, ReadModel, Tensor


def read_model(source: ModelSource) -> ReadModel:
    """Read an ONNX model. Raises CompileFailure."""
    path = model_file("ONNX", source.files)
    model = _load(path)
    declared = _model_inputs(model)
    given = input_shapes(declared, source.data_input_config, "NCHW")
    _check_sequences(model)
    module, outputs = to_relax(model, given.shapes)
    return ReadModel(RelaxProgram(module), given.fixed(declared), outputs, given.derived)


def _load(path: Path) -> Proto:
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as problem:
        raise _not_loaded(f"It is damaged: {problem}.") from problem
    if not model.HasField("graph"):
        raise _not_loaded("It holds no graph.")
    _load_external_data(model, path.parent)
    return model


def _not_loaded(why: str) -> CompileFailure:
    return input_configuration(
        "Framework cannot load ONNX model. Please make sure the framework you select is "
        f"correct. {why}"
    )


def _load_external_data(model: Proto, folder: Path) -> None:
    """Load the weights that lie beside the model in the archive, which has no links by now."""
    for location in _external_locations(model):
        inside = PurePosixPath(location)
        if inside.is_absolute() or ".." in inside.parts or not (folder / inside).is_file():
            raise input_configuration(
                f"Framework cannot load ONNX model. External data {location!r} is not in the "
                "archive"
            )
    try:
        external_data_helper.load_external_data_for_model(model, str(folder))
    except Exception as problem:
        raise input_configuration(f"Framework cannot load ONNX model. {problem}") from problem


def _external_locations(model: Proto) -> Iterator[str]:
    for tensor in external_data_helper._get_all_tensors(model):
        if external_data_helper.uses_external_data(tensor):
            fields = {entry.key: entry.value for entry in tensor.external_data}
            yield fields.get("location", "")


def _model_inputs(model: Proto) -> list[Tensor]:
    """Return the graph's inputs without weights; an unknown dimension is its name or "?"."""
    weights = {one.name for one in model.graph.initializer}
    return [tensor_of(value) for value in model.graph.input if value.name not in weights]


def _check_sequences(model: Proto) -> None:
    """TVM 0.27 counts a negative position one further than ONNX does, and computes on."""
    known = {one.name: numpy_helper.to_array(one).item() for one in _scalars(model)}
    for node in model.graph.node:
        if node.op_type == "SequenceInsert" and len(node.input) == 3:
            position = known.get(node.input[2])
            if position is None or position < 0:
                raise local_limit(
                    f"SequenceInsert at {node.input[2]!r}: only a position that is an initializer "
                    "and not negative is compiled right."
                )


def _scalars(model: Proto) -> Iterator[Proto]:
    return (one for one in model.graph.initializer if list(one.dims) in ([], [1]))
