"""ONNX models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import onnx
from onnx import external_data_helper, helper, numpy_helper
from tvm.error import OpNotImplemented
from tvm.relax.frontend.onnx import from_onnx

from neo_local.compiler.codegen import IRModule, RelaxProgram
from neo_local.compiler.failure import (
    CompileFailure,
    cannot_convert,
    engine_failed,
    input_configuration,
    local_limit,
    operators_missing,
)
from neo_local.compiler.frameworks.inputs import input_shapes
from neo_local.compiler.frameworks.model import ReadModel, Tensor
from neo_local.compiler.frameworks.relax_outputs import outputs_of
from neo_local.compiler.layout import model_file
from neo_local.compiler.options import Shapes

Proto = Any  # a message of the onnx package, which is not installed where types are checked


def read_model(files: Sequence[Path], data_input_config: str | None) -> ReadModel:
    """Read an ONNX model. Raises CompileFailure."""
    path = model_file("ONNX", files)
    model = _load(path)
    declared = _model_inputs(model)
    given = input_shapes(declared, data_input_config, "NCHW")
    _check_sequences(model)
    module = _convert(model, given.shapes)
    outputs = outputs_of(module, [value.name for value in model.graph.output])
    _check_outputs(model, outputs)
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
    return [_tensor(value) for value in model.graph.input if value.name not in weights]


def _tensor(value: Proto) -> Tensor:
    tensor_type = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        raise cannot_convert("ONNX", f"Input {value.name} is not a tensor.")
    shape = tuple(
        dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?"
        for dim in tensor_type.shape.dim
    )
    return Tensor(value.name, _dtype(tensor_type.elem_type), shape)


def _dtype(element: int) -> str:
    try:
        return str(helper.tensor_dtype_to_np_dtype(element))
    except KeyError as problem:
        raise cannot_convert("ONNX", f"Unknown element type {element}.") from problem


def _convert(model: Proto, shapes: Shapes) -> IRModule:
    try:
        return from_onnx(model, shape_dict=shapes, keep_params_in_input=False)
    except OpNotImplemented as problem:
        names = str(problem).rsplit(":", 1)[-1].strip().split(", ")
        raise operators_missing("ONNX", names) from problem
    except Exception as problem:
        raise engine_failed("TVM cannot convert the ONNX model", problem) from problem


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


def _check_outputs(model: Proto, outputs: Sequence[Tensor]) -> None:
    """Check output shapes, which differ where TVM takes an operator otherwise than it is meant."""
    for value, tensor in zip(model.graph.output, outputs, strict=True):
        if not value.type.tensor_type.HasField("shape"):
            continue
        declared = _tensor(value).shape
        if len(declared) == len(tensor.shape):
            pairs = zip(declared, tensor.shape, strict=True)
            differs = any(type(a) is type(b) is int and a != b for a, b in pairs)
        else:  # TVM shows no dimensions for a shape that depends on the input
            differs = bool(tensor.shape) or all(type(dim) is int for dim in declared)
        if differs:
            raise local_limit(
                f"TVM computes output {value.name} with shape {list(tensor.shape) or 'unknown'}; "
                f"the model declares {list(declared)}."
            )
