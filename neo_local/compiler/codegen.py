"""From a Relax module to a shared library, by TVM and LLVM."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tvm
from tvm import relax
from tvm.target import codegen

from neo_local.compiler.failure import CompileFailure, engine_failed, local_limit
from neo_local.compiler.link import link
from neo_local.compiler.targets import Target

IRModule = Any  # TVM's own types, which are not there where types are checked
TvmTarget = Any
Executable = Any
_FEATURE = re.compile(r"[+-][\w.-]+")


@dataclass(frozen=True, slots=True)
class RelaxProgram:
    """A module of TVM's, with the weights in it; its ``main`` takes the inputs in order."""

    module: IRModule
    compiler: str = "Apache TVM"

    def build(self, target: Target, library: Path) -> None:
        """Compile for the target and link into `library`. Raises CompileFailure."""
        executable = _compiled(self.module, checked_target(target))

        def linked(file_name: str, objects: Sequence[str], options: object = None) -> None:
            del options
            link([Path(one) for one in objects], Path(file_name), target.triple)

        # Without it, a model that needs no generated code would be exported as C source.
        linked.get_target_triple = lambda: target.triple  # type: ignore[attr-defined]  # TVM asks
        executable.export_library(str(library), fcompile=linked, workspace_dir=str(library.parent))


def checked_target(target: Target) -> TvmTarget:
    """Return TVM's target, with a processor and features that LLVM knows.

    LLVM itself passes over those that it does not know. Raises CompileFailure.
    """
    description: dict[str, Any] = {"kind": "llvm", "mtriple": target.triple}
    if target.triple.endswith("eabihf"):  # which TVM does not take from the triple
        description["mfloat-abi"] = "hard"
    if target.cpu:
        known = codegen.llvm_get_cpu_archlist(tvm.target.Target(description))
        if target.cpu not in map(str, known):
            raise _bad_option(target, f"mcpu {target.cpu!r} is unknown")
        description["mcpu"] = target.cpu
    if target.features:
        for feature in target.features:
            if not _FEATURE.fullmatch(feature):
                raise _bad_option(target, f"mattr {feature!r} is neither +name nor -name")
        description["mattr"] = list(target.features)
    result = tvm.target.Target(description)
    _check_features(target, frozenset(map(str, codegen.llvm_get_cpu_features(result))))
    return result


def _check_features(target: Target, effective: frozenset[str]) -> None:
    for feature in target.features:
        if feature[0] == "+" and feature[1:] not in effective:
            raise _bad_option(target, f"mattr {feature!r} is unknown or has no effect")


def _bad_option(target: Target, what: str) -> CompileFailure:
    return CompileFailure(
        f"ClientError: OutputConfiguration: CompilerOptions: {what} for {target.label} "
        f"({target.triple})."
    )


def _check_calls(module: IRModule) -> None:
    """Refuse calls of functions that are neither generated nor in a runtime. Raises CompileFailure.

    A frontend may leave them; what calls them compiles, and does not run.
    """
    called: set[str] = set()

    def visit(expression: object) -> None:
        if isinstance(expression, relax.ExternFunc):
            called.add(str(expression.global_symbol))

    relax.analysis.post_order_visit(module["main"], visit)
    if missing := sorted(called):
        raise local_limit(f"TVM leaves calls of {', '.join(missing)} in it, which no runtime has.")


def _compiled(module: IRModule, target: TvmTarget) -> Executable:
    _check_calls(module)
    try:
        return tvm.compile(module, target=target)
    except Exception as problem:
        raise engine_failed("TVM cannot generate code for the model", problem) from problem
