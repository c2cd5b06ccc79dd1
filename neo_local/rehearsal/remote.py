"""A library of the local engine in a process of its own, which may be an emulator's.

Kernels run there; the program that calls them, TVM's virtual machine, runs here: it has the same
bytecode for every architecture. What is said through the pipe, runner/runner.c describes.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from neo_local.run_artifact import CannotRun

Array = Any  # numpy's, which is not there where types are checked
_PREFIX = "__tvm_ffi_"
_PROGRAM = "relax.VMExecutable"
_CODES = {"i": 0, "u": 1, "f": 2, "b": 6}  # DLDataTypeCode, by numpy's kinds


class RemoteLibrary:
    """A library that the runner has loaded."""

    def __init__(self, runner: Sequence[str], library: bytes) -> None:
        """Start the runner and have it load `library`. Raises CannotRun."""
        self._process = subprocess.Popen(
            list(runner), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        self._send(struct.pack("<Q", len(library)), library)
        self._check()

    def close(self) -> None:
        """End the runner."""
        self._process.kill()
        self._process.communicate()

    def names(self) -> list[str]:
        """Return the names of the library's symbols."""
        self._send(b"l")
        return [name.decode() for name in self._text().split(b"\0") if name]

    def content(self, symbol: str) -> bytes:
        """Return the bytes of a symbol that begins with their number, none if there is none."""
        self._send(b"b", _packed(symbol))
        return self._read(*struct.unpack("<Q", self._read(8)))

    def call(self, kind: bytes, symbol: str, arrays: Sequence[Array]) -> list[Array]:
        """Call a function; return the arrays as it leaves them. Raises CannotRun."""
        import numpy

        given = [numpy.ascontiguousarray(one).reshape(one.shape) for one in arrays]
        self._send(kind, _packed(symbol), struct.pack("<I", len(given)), *map(_tensor, given))
        self._check()
        return [
            numpy.frombuffer(self._read(one.nbytes), one.dtype).reshape(one.shape) for one in given
        ]

    def _ended(self) -> CannotRun:
        self.close()
        return CannotRun(f"the process that runs it ended with status {self._process.returncode}")

    def _check(self) -> None:
        if problem := self._text().decode(errors="replace"):
            raise CannotRun(problem)

    def _text(self) -> bytes:
        return self._read(*struct.unpack("<I", self._read(4)))

    def _send(self, *pieces: bytes) -> None:
        try:
            for piece in pieces:
                self._to.write(piece)
            self._to.flush()
        except OSError as problem:
            raise self._ended() from problem

    def _read(self, size: int) -> bytes:
        content = self._from.read(size)
        if len(content) < size:
            raise self._ended()
        return content


def run_remotely(
    runner: Sequence[str], manifest: Mapping[str, Any], library: bytes, inputs: Sequence[Array]
) -> list[Array]:
    """Run a library by the runner's command; return its outputs in order. Raises CannotRun."""
    remote = RemoteLibrary(runner, library)
    try:
        if manifest["Compilation"]["Compiler"] == "Treelite":
            columns = manifest["Model"]["Outputs"][0]["shape"][-1]
            return [_predicted(remote, inputs[0], columns)]
        return _run_program(remote, inputs)
    finally:
        remote.close()


def _predicted(library: RemoteLibrary, rows: Array, columns: int) -> Array:
    import numpy

    empty = numpy.zeros(columns, dtype=numpy.float32)
    return numpy.stack([library.call(b"p", "predict", (row, empty))[1] for row in rows])


def _run_program(library: RemoteLibrary, inputs: Sequence[Array]) -> list[Array]:
    """Run the library's bytecode here, with its kernels there."""
    import tvm
    from tvm import relax

    for name in library.names():
        if name.startswith(_PREFIX) and not name.startswith(f"{_PREFIX}_"):
            kernel = name.removeprefix(_PREFIX)
            tvm.register_global_func(kernel, _caller(library, name), override=True)
    load = tvm.get_global_func(f"ffi.Module.load_from_bytes.{_PROGRAM}")
    program = _modules(library.content(f"{_PREFIX}_library_bin")).get(_PROGRAM)
    if program is None:
        raise CannotRun("the library has no program of TVM's virtual machine")
    machine = relax.VirtualMachine(load(program), tvm.cpu())
    result = machine["main"](*(tvm.runtime.tensor(one) for one in inputs))
    several = not hasattr(result, "numpy")
    return [one.numpy() for one in result] if several else [result.numpy()]


def _caller(library: RemoteLibrary, name: str) -> Callable[..., None]:
    def call(*tensors: Any) -> None:  # noqa: ANN401 - TVM's
        if not all(hasattr(one, "numpy") for one in tensors):
            raise CannotRun(f"{name} takes more than tensors, which the runner does not pass on")
        made = library.call(b"k", name, [one.numpy() for one in tensors])
        for tensor, array in zip(tensors, made, strict=True):
            tensor.copyfrom(array)

    return call


def _modules(content: bytes) -> dict[str, bytes]:
    """Return the modules that a library carries, by kind, as TVM's ProcessLibraryBin reads them."""
    words = struct.unpack_from("<Q", content)[0]
    at = 8 + 8 * words
    at += 8 + 8 * struct.unpack_from("<Q", content, at)[0]
    found: dict[str, bytes] = {}
    for _ in range(words - 1):
        kind, at = _piece(content, at)
        if kind != b"_lib":
            found[kind.decode()], at = _piece(content, at)
    return found


def _piece(content: bytes, at: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from("<Q", content, at)
    return content[at + 8 : at + 8 + size], at + 8 + size


def _packed(name: str) -> bytes:
    text = name.encode()
    return struct.pack("<I", len(text)) + text


def _tensor(array: Array) -> bytes:
    code = _CODES[array.dtype.kind]
    sizes = struct.pack(f"<I{array.ndim}q", array.ndim, *array.shape)
    head = struct.pack("<BBH", code, array.dtype.itemsize * 8, 1)
    content: bytes = array.tobytes()
    return head + sizes + struct.pack("<Q", len(content)) + content
