"""ONNX models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import onnx
from onnx import external_data_helper, helper, numpy_helper
from tvm.error import OpNotImplemented
from tvm.relax.frontend.onnx import from_onnx

from neo_local.compiler.failure import (
    CompileFailure,
    cannot_convert,
    input_configuration,
    local_limit,
)
from neo_local.compiler.frameworks import IRModule, ReadModel, Tensor
from neo_local.compiler.layout import with_suffix
from neo_local.compiler.options import Shapes, parse_shapes

Proto = Any  # a message of the onnx package, which is not installed where types are checked

_DERIVATION = (
    "We are unable to extract DataInputConfig from the model due to input_config_derivation_error. "
    "Please override by providing a DataInputConfig during compilation job creation."
)


def read_model(files: Sequence[Path], data_input_config: str | None) -> ReadModel:
    """Read an ONNX model. Raises CompileFailure."""
    path = with_suffix(files, ".onnx")[0]
    model = _load(path)
    declared = _model_inputs(model)
    if data_input_config is None:
        shapes = _derived(declared)
    else:
        shapes = parse_shapes(data_input_config)
        _check_shapes(declared, shapes)
    _check_sequences(model)
    module = _convert(model, shapes)
    outputs = _outputs(model, module)
    _check_outputs(model, outputs)
    return ReadModel(
        module,
        tuple(Tensor(one.name, one.dtype, tuple(shapes[one.name])) for one in declared),
        outputs,
        json.dumps(shapes) if data_input_config is None else "",
    )


def _load(path: Path) -> Proto:
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as problem:
        raise input_configuration(
            "Framework cannot load ONNX model. Please make sure the framework you select is "
            f"correct. {problem}"
        ) from problem
    _load_external_data(model, path.parent)
    return model


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


def _derived(declared: Sequence[Tensor]) -> Shapes:
    shapes = {one.name: [dim for dim in one.shape if type(dim) is int] for one in declared}
    if any(len(shapes[one.name]) != len(one.shape) or 0 in shapes[one.name] for one in declared):
        raise input_configuration(_DERIVATION)
    return shapes


def _check_shapes(declared: Sequence[Tensor], shapes: Mapping[str, Sequence[int]]) -> None:
    names = [one.name for one in declared]
    for name in shapes:
        if name not in names:
            raise input_configuration(
                f"Input {name} of DataInputConfig is not an input of the model. "
                f"Its inputs are: {', '.join(names)}."
            )
    for one in declared:
        if one.name not in shapes:
            raise input_configuration(
                f"Model contains input layer ({one.name}) not specified in data_shape. "
                "Please specify all input layers in data_shape."
            )
        if not _fits(one.shape, shapes[one.name]):
            example = ",".join(map(str, one.shape))
            raise input_configuration(
                f"Input {one.name} has wrong shape in Input Shape dictionary. Input shapes should "
                f"be provided in NCHW format. For example, ({example})"
            )


def _fits(model: Sequence[int | str], given: Sequence[int]) -> bool:
    return len(model) == len(given) and all(
        isinstance(dim, str) or dim == wanted for dim, wanted in zip(model, given, strict=True)
    )


def _convert(model: Proto, shapes: Shapes) -> IRModule:
    try:
        return from_onnx(model, shape_dict=shapes, keep_params_in_input=False)
    except OpNotImplemented as problem:
        names = str(problem).rsplit(":", 1)[-1].strip().split(", ")
        shown = "{" + ", ".join(f"'{name}'" for name in sorted(names)) + "}"
        raise cannot_convert(
            "ONNX", f"The following operators are not implemented: {shown}"
        ) from problem
    except CompileFailure:
        raise
    except Exception as problem:
        raise cannot_convert("ONNX", _first_line(problem)) from problem


def _first_line(problem: Exception) -> str:
    lines = [line for line in str(problem).splitlines() if line.strip()]
    return f"{type(problem).__name__}: {lines[-1].strip() if lines else ''}"


def _outputs(model: Proto, module: IRModule) -> tuple[Tensor, ...]:
    result = module["main"].ret_ty
    types = list(result.fields) if hasattr(result, "fields") else [result]
    return tuple(
        Tensor(value.name, str(one.dtype), _dimensions(one))
        for value, one in zip(model.graph.output, types, strict=True)
    )


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


def _dimensions(tensor_type: Proto) -> tuple[int | str, ...]:
    """Return a Relax tensor's dimensions; one that depends on the input stays an expression."""
    shape = tensor_type.shape if tensor_type.shape is not None else ()
    return tuple(int(dim) if hasattr(dim, "value") else str(dim) for dim in shape)
