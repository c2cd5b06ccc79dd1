"""TFLite models, float and quantised, by TVM's own frontend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tflite
from tvm.error import OpNotImplemented
from tvm.relax.frontend.tflite import from_tflite
from tvm.relax.frontend.tflite.tflite_frontend import get_tensor_name

from neo_local.compiler.codegen import IRModule, RelaxProgram
from neo_local.compiler.failure import (
    CompileFailure,
    engine_failed,
    input_configuration,
    local_limit,
    operators_missing,
)
from neo_local.compiler.frameworks.channels_first import with_channels_first
from neo_local.compiler.frameworks.relax_outputs import outputs_of
from neo_local.compiler.frameworks.tflite_converter import FoldingConverter
from neo_local.compiler.inputs import input_shapes
from neo_local.compiler.layout import model_file
from neo_local.compiler.model import ModelSource, ReadModel, Tensor
from neo_local.compiler.options import Shapes

Flatbuffer = Any  # a table of the tflite package, which is not installed where types are checked

_DTYPES = {
    number: name.lower()
    for name, number in vars(tflite.TensorType).items()
    if not name.startswith("_")
}
_MISSING = re.compile(r"operators (?:are|is) not supported[^:]*: (?P<names>.*)", re.MULTILINE)


def read_model(source: ModelSource) -> ReadModel:
    """Read a TFLite model. Raises CompileFailure."""
    return read_file(model_file("TFLITE", source.files), source.data_input_config)


def read_file(path: Path, data_input_config: str | None) -> ReadModel:
    """Read a .tflite file. Raises CompileFailure."""
    model = _load(path)
    graph = model.Subgraphs(0)
    fixed = data_input_config is None  # then sizes that are open are those of the file's example
    indices = _indices(graph.InputsAsNumpy())
    declared = [_tensor(graph, index, fixed=fixed) for index in indices]
    given = input_shapes(declared, data_input_config, "NHWC")
    module = _convert(model, given.shapes)
    names = [_tensor(graph, index).name for index in _indices(graph.OutputsAsNumpy())]
    outputs = outputs_of(module, names)
    _check_outputs(graph, outputs)
    return ReadModel(RelaxProgram(module), given.fixed(declared), outputs, given.derived)


def _load(path: Path) -> Flatbuffer:
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise _not_loaded("It lacks the mark 'TFL3' at byte 4.")
    try:
        model = tflite.Model.GetRootAs(content, 0)
        graphs = model.SubgraphsLength()
    except Exception as problem:
        raise _not_loaded(f"It is damaged: {problem}.") from problem
    if graphs < 1:
        raise _not_loaded("It holds no graph.")
    return model


def _not_loaded(why: str) -> CompileFailure:
    return input_configuration(
        "Framework cannot load TFLite model. Please make sure the framework you select is "
        f"correct. {why}"
    )


def _indices(vector: object) -> list[int]:
    """Return the items of a vector of numbers, which is 0 where the file has none."""
    return [] if isinstance(vector, int) else [int(index) for index in vector]  # type: ignore[attr-defined]  # an array


def _tensor(graph: Flatbuffer, index: int, *, fixed: bool = False) -> Tensor:
    """Return a tensor's name, type and shape; a dimension is "?" if left open and not `fixed`."""
    tensor = graph.Tensors(index)
    sizes, signature = _indices(tensor.ShapeAsNumpy()), _indices(tensor.ShapeSignatureAsNumpy())
    if len(signature) == len(sizes) and not fixed:
        sizes = signature
    shape = tuple(size if size >= 0 else "?" for size in sizes)
    return Tensor(get_tensor_name(graph, index), _DTYPES.get(tensor.Type(), "unknown"), shape)


def _convert(model: Flatbuffer, shapes: Shapes) -> IRModule:
    sizes = {name: tuple(shape) for name, shape in shapes.items()}
    try:
        module = from_tflite(model, shape_dict=sizes, op_converter=FoldingConverter)
        return with_channels_first(module)
    except OpNotImplemented as problem:
        found = _MISSING.search(str(problem))
        if found is None:
            raise engine_failed("TVM cannot convert the TFLite model", problem) from problem
        raise operators_missing("TFLite", re.findall(r"'(\w+)'", found["names"])) from problem
    except Exception as problem:
        raise engine_failed("TVM cannot convert the TFLite model", problem) from problem


def _check_outputs(graph: Flatbuffer, outputs: Sequence[Tensor]) -> None:
    """Compare output types and sizes, which differ where TVM takes an operator otherwise."""
    indices = _indices(graph.OutputsAsNumpy())
    for declared, made in zip((_tensor(graph, one) for one in indices), outputs, strict=True):
        pairs = zip(declared.shape, made.shape, strict=False)
        differs = len(declared.shape) != len(made.shape) or any(
            type(a) is int and a != b for a, b in pairs
        )
        if differs or declared.dtype != made.dtype:
            raise local_limit(
                f"TVM computes output {made.name} as {made.dtype}{list(made.shape)}; the model "
                f"declares {declared.dtype}{list(declared.shape)}."
            )
