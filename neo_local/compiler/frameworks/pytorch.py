"""PyTorch models that were traced, by pnnx and ONNX."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from neo_local.compiler.codegen import RelaxProgram
from neo_local.compiler.failure import (
    CompileFailure,
    engine_failed,
    input_configuration,
    local_limit,
    operators_missing,
)
from neo_local.compiler.frameworks.onnx_module import to_relax
from neo_local.compiler.inputs import NOT_DERIVED
from neo_local.compiler.layout import model_file
from neo_local.compiler.model import ModelSource, ReadModel, Tensor
from neo_local.compiler.options import parse_shapes_in_order
from neo_local.compiler.pnnx.convert import UnknownOperators, to_onnx
from neo_local.compiler.pnnx.graph import BadGraph, TensorType
from neo_local.compiler.pnnx.process import (
    NOT_INSTALLED,
    Pnnx,
    PnnxRun,
    installed_pnnx,
    is_torchscript,
)
from neo_local.compiler.pnnx.writer import Refused


def read_model(source: ModelSource) -> ReadModel:
    """Read a traced PyTorch model. Raises CompileFailure."""
    program = installed_pnnx(source.environment)
    if program is None:
        raise local_limit(NOT_INSTALLED)
    pnnx = Pnnx(program, source.workspace / "pnnx")
    path = model_file("PYTORCH", source.files)
    if not is_torchscript(path):
        raise _invalid("It is no TorchScript, as torch.jit.save writes it.")
    config = source.data_input_config
    shapes = parse_shapes_in_order(config) if config is not None else None
    traced = _convert(pnnx, path, list(shapes.values()) if shapes is not None else None)
    given = {f"input{index}": list(one.shape) for index, one in enumerate(traced)}
    names = list(shapes if shapes is not None else given)
    compiled, outputs = _compiled(pnnx, given)
    inputs = tuple(
        Tensor(name, one.dtype, one.shape) for name, one in zip(names, traced, strict=True)
    )
    return ReadModel(compiled, inputs, outputs, "" if config is not None else json.dumps(given))


def _convert(
    pnnx: Pnnx, model: Path, shapes: Sequence[Sequence[int]] | None
) -> tuple[TensorType, ...]:
    """Have pnnx write the graph; return its inputs. Raises CompileFailure."""
    if shapes is None:
        run = _checked(pnnx.run(model, ()))
        if not run.traced:
            raise input_configuration(NOT_DERIVED)
        return run.traced
    wanted = tuple(TensorType(tuple(shape), "float32") for shape in shapes)
    run = pnnx.run(model, wanted)
    if run.traced and len(run.traced) != len(wanted):
        raise _invalid(f"It takes {len(run.traced)} inputs; {len(wanted)} are given.")
    if run.traced and run.traced != wanted:
        pairs = zip(wanted, run.traced, strict=True)
        wanted = tuple(TensorType(one.shape, of.dtype) for one, of in pairs)
        run = pnnx.run(pnnx.without_examples(model), wanted)
    _checked(run)
    return wanted


def _checked(run: PnnxRun) -> PnnxRun:
    """Raise CompileFailure if a run did not succeed."""
    if run.status == 0:
        return run
    if run.raised:
        raise _invalid(f"PyTorch says: {run.raised[:300]}.")
    how = run.signal_name or f"exit status {run.status}"
    raise local_limit(
        f"pnnx, which reads PyTorch models here, ended early ({how}), as it does with models made "
        "by torch.jit.script. If this is one, trace it: torch.jit.trace(model.eval(), example)."
    )


def _compiled(pnnx: Pnnx, shapes: dict[str, list[int]]) -> tuple[RelaxProgram, tuple[Tensor, ...]]:
    try:
        model = to_onnx(pnnx.graph(), list(shapes))
    except UnknownOperators as problem:
        raise operators_missing("PyTorch", problem.names) from problem
    except Refused as problem:
        raise operators_missing("PyTorch", [str(problem)]) from problem
    except BadGraph as problem:
        raise engine_failed("pnnx cannot convert the PyTorch model", problem) from problem
    module, outputs = to_relax(model, shapes, "PyTorch")
    return RelaxProgram(module), outputs


def _invalid(why: str) -> CompileFailure:
    return input_configuration(
        "Invalid PyTorch model or input-shape mismatch. Make sure that inputs are lexically "
        f"ordered and of the correct dimensionality. {why}"
    )
