"""Files made to cost a reader much, for their size."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
import zipfile

from reconciler.inspection.readers.tf_text import wire_field
from tests.paths import ROOT
from tests.unit.inspection.archives import codes, look, pack


def _pickle_of_nothing() -> bytes:
    """Return a TorchScript file whose record is millions of empty dicts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", b"\x80\x02](" + b"}" * 8_000_000 + b"e.")
        archive.writestr("m/code/__torch__.py", b"")
    return buffer.getvalue()


def _onnx(graph: bytes) -> bytes:
    """Return an ONNX model of a graph."""
    return b"\x08\x07" + wire_field(7, graph) + wire_field(8, b"\x10\x0b")


_NODE = wire_field(1, b"\x0a\x01x\x12\x01y\x22\x03Abs")
_SYMBOL = b",".join(b'{"op":"null","name":"n%07d","inputs":[]}' % index for index in range(99_000))

EXPENSIVE = [
    ("many-symbol.json", b'{"nodes":[' + _SYMBOL + b'],"heads":[[0,0]]}'),
    ("many_nodes.onnx", _onnx(_NODE * 120_000)),
    ("many_inputs.onnx", _onnx(wire_field(11, b"\x0a\x04name") * 100_000)),
    ("pickle.pth", _pickle_of_nothing()),
    ("model-symbol.json", b"[" * 500_000),
    ("model-symbol.json", b'{"nodes":' + b"[{}," * 400_000),
    ("model-symbol.json", b'{"nodes": [], "heads": ' + b"9" * 100_000 + b"}"),
    ("model.json", b'{"learner":' * 200_000),
    ("model.ubj", b"{L" + bytes(7) + b"\x01a" + b"[" * 100_000),
    ("model.pbtxt", b"node {" * 200_000),
    ("model.pbtxt", b"node { name: '" + b"\\" * 100_000),
    ("model.pb", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
    ("model.pb", b"\x0a\x02\x0a\x00" * 100_000),
    ("model.onnx", b"\x3a\x80\x80\x80\x80\x10\x42\x00"),
    ("model.tflite", b"\x08\0\0\0TFL3" + b"\xff" * 4000),
    ("model.h5", b"\x89HDF\r\n\x1a\n" + b"\xff" * 4000),
    ("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(4000)),
    ("model.cfg", b"[net]\n" + b"[x]\n" * 200_000),
    ("model.params", b"\x12\x01" + bytes(6 + 8) + b"\xff" * 8),
    ("model.model", bytes(136) + b"\x06" + bytes(7) + b"binary" + b"\xff" * 8),
]


def measure() -> list[tuple[float, int, str]]:
    """Seconds of CPU time, growth of memory in bytes and codes for each, in a fresh process."""
    words = [sys.executable, "-m", "tests.unit.inspection.expensive"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    return [(float(seconds), int(growth), found) for seconds, growth, found in rows]


def main() -> None:
    """Print what `measure` returns, line by line."""
    look(pack({"a.txt": b""}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, data in EXPENSIVE:
        archive = pack({name: data})
        started = time.process_time()
        found = codes(look(archive))
        seconds = time.process_time() - started
        growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        print(f"{seconds:.3f}", growth, f"{name} {','.join(found)}")


if __name__ == "__main__":
    main()
