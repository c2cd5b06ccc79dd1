"""From a Relax module to a shared library, by TVM and LLVM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tvm

from neo_local.compiler.failure import CompileFailure, cannot_convert, local_limit
from neo_local.compiler.frameworks import IRModule
from neo_local.compiler.link import link
from neo_local.compiler.targets import Target

TvmTarget = Any  # TVM's own types, which are not there where types are checked
Executable = Any


def build_library(module: IRModule, target: Target, library: Path) -> None:
    """Compile for the target and link into `library`. Raises CompileFailure."""
    executable = _compiled(module, _tvm_target(target))

    def linked(file_name: str, objects: Sequence[str], options: object = None) -> None:
        del options
        link([Path(one) for one in objects], Path(file_name), target.triple)

    # Without it, a model that needs no generated code at all would be exported as C source.
    linked.get_target_triple = lambda: target.triple  # type: ignore[attr-defined]
    executable.export_library(str(library), fcompile=linked, workspace_dir=str(library.parent))


def _tvm_target(target: Target) -> TvmTarget:
    description: dict[str, Any] = {"kind": "llvm", "mtriple": target.triple}
    if target.cpu:
        description["mcpu"] = target.cpu
    if target.features:
        description["mattr"] = list(target.features)
    try:
        return tvm.target.Target(description)
    except Exception as problem:
        raise CompileFailure(
            f"ClientError: OutputConfiguration: CompilerOptions are not valid for {target.label}: "
            f"{problem}"
        ) from problem


def _compiled(module: IRModule, target: TvmTarget) -> Executable:
    try:
        return tvm.compile(module, target=target)
    except MemoryError as problem:
        raise local_limit("the model needs more memory than a local job may use.") from problem
    except Exception as problem:
        lines = str(problem).strip().splitlines() or [type(problem).__name__]
        raise cannot_convert("ONNX", lines[-1]) from problem
