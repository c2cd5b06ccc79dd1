"""An ONNX model, read from a file or written by another framework's reader, in TVM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onnx import helper
from tvm.error import OpNotImplemented
from tvm.relax.frontend.onnx import from_onnx

from neo_local.compiler.codegen import IRModule
from neo_local.compiler.failure import (
    cannot_convert,
    engine_failed,
    local_limit,
    operators_missing,
)
from neo_local.compiler.frameworks.relax_outputs import outputs_of
from neo_local.compiler.model import Tensor
from neo_local.compiler.options import Shapes

Proto = Any  # a message of the onnx package, which is not installed where types are checked


def to_relax(
    model: Proto, shapes: Shapes, framework: str = "ONNX"
) -> tuple[IRModule, tuple[Tensor, ...]]:
    """Convert a model; return its module and its outputs. Raises CompileFailure."""
    module = _convert(model, shapes, framework)
    outputs = outputs_of(module, [value.name for value in model.graph.output])
    _check_outputs(model, outputs)
    return module, outputs


def tensor_of(value: Proto) -> Tensor:
    """Return an input or output; an unknown dimension is its name or "?". Raises CompileFailure."""
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


def _convert(model: Proto, shapes: Shapes, framework: str) -> IRModule:
    try:
        return from_onnx(model, shape_dict=shapes, keep_params_in_input=False)
    except OpNotImplemented as problem:
        names = str(problem).rsplit(":", 1)[-1].strip().split(", ")
        raise operators_missing(framework, names) from problem
    except Exception as problem:
        raise engine_failed(f"TVM cannot convert the {framework} model", problem) from problem


def _check_outputs(model: Proto, outputs: Sequence[Tensor]) -> None:
    """Check output shapes, which differ where TVM takes an operator otherwise than it is meant."""
    for value, tensor in zip(model.graph.output, outputs, strict=True):
        if not value.type.tensor_type.HasField("shape"):
            continue
        declared = tensor_of(value).shape
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
