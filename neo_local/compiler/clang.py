"""Compiling C for any architecture with LLVM's compiler, which the ziglang wheel carries.

Only headers are needed of the target, and of them only what standard C has; musl's serve every
Linux and Android, since nothing but the names of mathematical functions is taken from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ziglang

from neo_local.compiler.failure import local_limit
from neo_local.compiler.targets import Target
from neo_local.compiler.tools import run_tool

_HEADERS = Path(ziglang.__file__).parent / "lib"
_MUSL = {"x86_64": "x86_64", "i686": "x86", "aarch64": "aarch64", "armv7l": "arm", "armv7a": "arm"}
# Without contraction a sum is rounded after each step, as the framework's own predictor does it.
_OPTIONS = ("-c", "-O2", "-fPIC", "-w", "-ffp-contract=off", "-nostdinc", "-fno-ident")


def compile_c(source: Path, target: Target) -> Path:
    """Compile a file; return the object file beside it. Raises CompileFailure."""
    made = source.with_suffix(".o")
    includes = [part for path in _includes(target.triple) for part in ("-isystem", str(path))]
    files = (*includes, str(source), "-o", str(made))
    errors = run_tool("clang", *_OPTIONS, *_processor(target), *files)
    if errors:
        raise local_limit(f"the C compiler said: {errors[0]}")
    return made


def _includes(triple: str) -> Iterator[Path]:
    yield _HEADERS / "include"
    if "windows" in triple:
        yield _HEADERS / "libc/include/any-windows-any"
        return
    yield _HEADERS / f"libc/include/{_MUSL[triple.split('-')[0]]}-linux-musl"
    yield _HEADERS / "libc/include/generic-musl"


def _processor(target: Target) -> Iterator[str]:
    yield from ("-target", target.triple)
    if target.cpu:
        option = "-march" if target.triple.startswith(("x86_64", "i686")) else "-mcpu"
        yield f"{option}={target.cpu}"
    for feature in target.features:
        yield from ("-Xclang", "-target-feature", "-Xclang", feature)
