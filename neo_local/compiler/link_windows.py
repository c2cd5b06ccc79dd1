"""Linking a 64-bit Windows DLL.

A DLL says from which other DLL each missing function comes, so the linker is run twice: once
to learn what is missing, once with import libraries made for it. TVM's functions come from its
own runtime, all others from Windows's C runtime. Unverified: no Windows was at hand to load one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from neo_local.compiler.failure import local_limit
from neo_local.compiler.tools import run_tool

_MISSING = "lld-link: error: undefined symbol: "
_TVM_RUNTIME, _C_RUNTIME = "tvm_ffi.dll", "ucrtbase.dll"
_OPTIONS = ("/dll", "/noentry", "/nodefaultlib", "/machine:x64", "/Brepro", "/errorlimit:0")


def link(objects: Sequence[Path], library: Path) -> None:
    """Write a DLL. Raises CompileFailure if the linker refuses."""
    errors = _lld(objects, library)
    missing = {line.removeprefix(_MISSING).strip() for line in errors if line.startswith(_MISSING)}
    if missing:
        tvm = {name for name in missing if name.startswith("TVM")}
        imports = [
            _import_library(library.parent, _TVM_RUNTIME, tvm),
            _import_library(library.parent, _C_RUNTIME, missing - tvm),
        ]
        errors = _lld([*objects, *imports], library)
    if errors:
        raise local_limit(f"the linker said: {errors[0]}")


def _lld(inputs: Sequence[Path], library: Path) -> list[str]:
    return run_tool("lld-link", *_OPTIONS, f"/out:{library}", *map(str, inputs))


def _import_library(folder: Path, dll: str, names: Iterable[str]) -> Path:
    definition, library = folder / f"{dll}.def", folder / f"{dll}.lib"
    exports = "".join(f"  {name}\n" for name in sorted(names))
    definition.write_text(f"LIBRARY {dll}\nEXPORTS\n{exports}")
    tool = ("dlltool", "-m", "i386:x86-64", "-d", str(definition), "-l", str(library))
    errors = run_tool(*tool)
    if errors:
        raise local_limit(f"the linker said: {errors[0]}")
    return library
