"""Run a compiled artifact on this machine: the rehearsal of a deployment.

    python -m neo_local.run_artifact ARTIFACT.tar.gz --inputs in.npz --outputs out.npz

in.npz holds one array for each input, under the model's own name of it; out.npz gets one for
each output. Only artifacts for this machine's architecture can be run. An artifact is native
code: run only what you compiled.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import platform
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from neo_local.elf import HEADER_BYTES, architecture

_MANIFEST = "manifest/compiled.meta"
_HOST_NAMES = {"AMD64": "x86_64", "arm64": "aarch64", "i686": "x86"}
Arrays = Mapping[str, Any]  # numpy's, which is not there where types are checked
Execute = Callable[
    [Mapping[str, Any], bytes, Sequence[Any]], list[Any]
]  # manifest, library, inputs


class CannotRun(Exception):
    """The artifact or the inputs do not fit; the text says what is wrong."""


def read_artifact(artifact: Path) -> tuple[dict[str, Any], bytes]:
    """Return the manifest and the shared library. Raises CannotRun."""
    try:
        with tarfile.open(artifact, "r:gz") as tar:
            manifest = json.loads(_content(tar, _MANIFEST))
            return manifest, _content(tar, manifest["Compilation"]["Library"])
    except (tarfile.TarError, OSError, KeyError, ValueError) as problem:
        raise CannotRun(
            f"{artifact} is not an artifact of the local engine: {problem}"
        ) from problem


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(f"{name} is not a file")
    return file.read()


def run(artifact: Path, inputs: Arrays, execute: Execute | None = None) -> dict[str, Any]:
    """Run the model and return its outputs by name. Raises CannotRun.

    `execute` runs the library, in this process if it is not given.
    """
    manifest, library = read_artifact(artifact)
    ordered = _ordered(manifest["Model"]["Inputs"], inputs)
    results = (execute or run_here)(manifest, library, ordered)
    names = [one["name"] for one in manifest["Model"]["Outputs"]]
    return dict(zip(names, results, strict=True))


def run_here(
    manifest: Mapping[str, Any],
    library: bytes,
    inputs: Sequence[Any],
    place: Callable[[Path, bytes], object] = Path.write_bytes,
) -> list[Any]:
    """Run a library in this process; `place` puts it where it can be loaded. Raises CannotRun."""
    made_for = architecture(library[:HEADER_BYTES])
    if made_for != host():
        raise CannotRun(f"the artifact is compiled for {made_for}; this machine is {host()}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / manifest["Compilation"]["Library"]
        place(path, library)
        return _LIBRARIES[manifest["Compilation"]["Compiler"]](path, inputs)


def host() -> str:
    """Return this machine's architecture, in ELF's words."""
    return _HOST_NAMES.get(platform.machine(), platform.machine())


def _ordered(declared: Sequence[Mapping[str, Any]], inputs: Arrays) -> list[Any]:
    names = [one["name"] for one in declared]
    if set(names) != set(inputs):
        raise CannotRun(f"the model's inputs are {sorted(names)}, given are {sorted(inputs)}")
    for one in declared:
        got = inputs[one["name"]]
        if list(got.shape) != one["shape"] or str(got.dtype) != one["dtype"]:
            raise CannotRun(
                f"input {one['name']}: got {got.dtype} of shape {list(got.shape)}, the artifact "
                f"is compiled for {one['dtype']} of shape {one['shape']}"
            )
    return [inputs[name] for name in names]


def _run_tvm(path: Path, inputs: Sequence[Any]) -> list[Any]:
    import tvm
    from tvm import relax

    load = tvm.get_global_func("ffi.Module.load_from_file.so")  # load_module would resolve links
    machine = relax.VirtualMachine(load(str(path), "so"), tvm.cpu())
    result = machine["main"](*(tvm.runtime.tensor(one) for one in inputs))
    several = not hasattr(result, "numpy")
    return [one.numpy() for one in result] if several else [result.numpy()]


def _run_trees(path: Path, inputs: Sequence[Any]) -> list[Any]:
    """Predict row by row, as neo_local/compiler/trees.c has it."""
    import numpy

    library = ctypes.CDLL(str(path))
    library.predict.restype = None
    rows = numpy.ascontiguousarray(inputs[0], dtype=numpy.float32)
    scores = numpy.zeros((len(rows), library.num_output()), dtype=numpy.float32)
    for row, score in zip(rows, scores, strict=True):
        library.predict(ctypes.c_void_p(row.ctypes.data), ctypes.c_void_p(score.ctypes.data))
    return [scores]


_LIBRARIES: Mapping[str, Callable[[Path, Sequence[Any]], list[Any]]] = {
    "Apache TVM": _run_tvm,
    "Treelite": _run_trees,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an artifact. Exit with 1, and the reason on stderr, if it cannot be run."""
    import numpy

    parser = argparse.ArgumentParser(
        prog="python -m neo_local.run_artifact",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("artifact", type=Path)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--outputs", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        with numpy.load(options.inputs, allow_pickle=False) as arrays:
            outputs = run(options.artifact, dict(arrays))
    except (CannotRun, OSError, ValueError) as problem:
        print(f"run_artifact: {problem}", file=sys.stderr)
        return 1
    numpy.savez(options.outputs, **outputs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
