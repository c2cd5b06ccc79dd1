"""Artifacts for the tests: laid out as DLR's and as the local engine's."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.inspection.limits import Limits, ReadBudget
from reconciler.rules.finding import Finding
from reconciler.verification.artifact import Artifact, read_artifact
from reconciler.verification.checks import check_artifact
from reconciler.verification.expectation import DeviceProfile, expectation_of
from tests.unit.inspection.archives import pack

LIBRARIES = Path(__file__).parent / "libraries"
REQUEST: dict[str, Any] = {
    "InputConfig": {"Framework": "ONNX", "DataInputConfig": '{"image": [1, 3, 8, 8]}'},
    "OutputConfig": {"TargetDevice": "ml_c5"},
}


def library(name: str) -> bytes:
    return (LIBRARIES / name).read_bytes()


def meta(name: str = "image", shape: tuple[int, ...] = (1, 3, 8, 8), **more: Any) -> bytes:
    """Return a ``.meta`` file."""
    described = {"name": name, "dtype": "float32", "shape": list(shape)}
    model = {"Inputs": [described], "Outputs": [{**described, "name": "scores", "shape": [1, 2]}]}
    return json.dumps({"Model": model, **more}).encode()


def graph() -> bytes:
    """Return a graph as TVM's graph runtime reads it: one input, one weight, one output."""
    nodes = [
        {"op": "null", "name": "image", "inputs": []},
        {"op": "null", "name": "p0", "inputs": []},
        {"op": "tvm_op", "name": "fused", "inputs": [[0, 0, 0], [1, 0, 0]]},
    ]
    shapes = [[1, 3, 8, 8], [2, 192], [1, 2]]
    attributes = {
        "shape": ["list_shape", shapes],
        "dltype": ["list_str", ["float32", "float32", "float32"]],
    }
    rest = {"arg_nodes": [0, 1], "heads": [[2, 0, 0]], "node_row_ptr": [0, 1, 2, 3]}
    return json.dumps({"nodes": nodes, "attrs": attributes, **rest}).encode()


def weights(*names: str) -> bytes:
    """Return a ``.params`` file as far as its names go."""
    parts = [struct.pack("<QQQ", 0xF7E58D4F05049CB7, 0, len(names))]
    parts += [struct.pack("<Q", len(name)) + name.encode() for name in names]
    return b"".join(parts)


def dlr_files(built: str = "x86_64.so") -> dict[str, bytes]:
    """Return what Neo packs for DLR's graph runtime."""
    return {
        "compiled.so": library(built),
        "compiled.params": weights("p0"),
        "compiled_model.json": graph(),
        "libdlr.so": library(built),
        "dlr.h": b"",
        "manifest": b"",
    }


def relay_files(built: str = "x86_64.so", **described: Any) -> dict[str, bytes]:
    """Return what Neo packs for DLR's Relay VM."""
    return {
        "compiled.so": library(built),
        "code.ro": b"\0" * 64,
        "compiled.meta": meta(**described),
    }


def read(files: Mapping[str, bytes], limits: Limits | None = None, digest: str = "") -> Artifact:
    return read_bytes(pack(files), limits, digest)


def read_bytes(content: bytes, limits: Limits | None = None, digest: str = "") -> Artifact:
    return read_artifact(io.BytesIO(content), ReadBudget(limits or Limits()), digest)


def findings(
    artifact: Artifact,
    request: Mapping[str, Any] = REQUEST,
    device: DeviceProfile | None = None,
    model_files: frozenset[str] = frozenset(),
) -> list[Finding]:
    expected = expectation_of(request, device=device, model_files=model_files)
    return list(check_artifact(artifact, expected))


def codes(
    artifact: Artifact,
    request: Mapping[str, Any] = REQUEST,
    device: DeviceProfile | None = None,
    model_files: frozenset[str] = frozenset(),
) -> list[str]:
    return [one.code for one in findings(artifact, request, device, model_files)]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
