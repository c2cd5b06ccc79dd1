"""Linking for any architecture with LLVM's linker, which the ziglang wheel carries.

Nothing of the host's tool chain or headers is used. The C libraries of the target are named as
needed through empty stand-ins, so no target's libraries have to be at hand and linking takes
a fraction of a second. TVM's own runtime functions are left to the process that loads the library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from neo_local.compiler import link_windows
from neo_local.compiler.failure import local_limit
from neo_local.compiler.tools import run_tool

_EMULATIONS: Mapping[str, str] = {
    "x86_64": "elf_x86_64",
    "i686": "elf_i386",
    "aarch64": "aarch64linux",
    "armv7l": "armelf_linux_eabi",
    "armv7a": "armelf_linux_eabi",
}
_LINUX_LIBRARIES = ("libm.so.6", "libc.so.6")
_LINUX_ARM_LIBRARIES = (*_LINUX_LIBRARIES, "libgcc_s.so.1")  # the ARM EABI's helper functions
_ANDROID_LIBRARIES = ("libm.so", "libc.so")
_EMPTY_ARCHIVE = b"!<arch>\n"


def link(objects: Sequence[Path], library: Path, triple: str) -> None:
    """Write a shared library. Raises CompileFailure if the linker refuses."""
    if "windows" in triple:
        link_windows.link(objects, library)
        return
    emulation = _EMULATIONS[triple.split("-")[0]]
    folder = library.parent / "stand-ins"
    folder.mkdir(exist_ok=True)
    needed = [_stand_in(folder, emulation, name) for name in _libraries(triple)]
    soname = ["-soname", library.name]
    options = ["--no-as-needed", "--strip-all", "-z", "noexecstack", "--build-id=none", *soname]
    _lld(emulation, library, [*options, *map(str, objects), *map(str, needed)])


def _libraries(triple: str) -> Sequence[str]:
    if "android" in triple:
        return _ANDROID_LIBRARIES
    return _LINUX_ARM_LIBRARIES if triple.startswith("arm") else _LINUX_LIBRARIES


def _stand_in(folder: Path, emulation: str, name: str) -> Path:
    archive = folder / "empty.a"
    archive.write_bytes(_EMPTY_ARCHIVE)
    library = folder / name
    _lld(emulation, library, ["-soname", name, str(archive)])
    return library


def _lld(emulation: str, output: Path, arguments: Sequence[str]) -> None:
    errors = run_tool("ld.lld", "-m", emulation, "-shared", "-o", str(output), *arguments)
    if errors:
        raise local_limit(f"the linker said: {errors[0]}")
