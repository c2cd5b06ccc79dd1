"""The artifact: a tar.gz as Neo lays it out, the same bytes for the same input."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neo_local import ENGINE
from neo_local.compiler.model import ReadModel, Tensor
from neo_local.compiler.options import ignored_options
from neo_local.compiler.targets import Target

MANIFEST = "manifest/compiled.meta"


def manifest(model: ReadModel, target: Target, framework: str, options: object) -> dict[str, Any]:
    """Describe the artifact in the form of DLR's compiled.meta, with the engine that made it."""
    return {
        "engine": ENGINE,
        "Requirements": {"TargetDevice": target.label.upper(), "TargetDeviceType": "cpu"},
        "Compilation": {
            "Compiler": model.program.compiler,
            "Library": target.library,
            "Triple": target.triple,
            "Cpu": target.cpu,
            "Features": list(target.features),
            "CompilerOptions": options,
            "IgnoredOptions": ignored_options(options),
            "Framework": framework,
        },
        "Model": {"Inputs": _described(model.inputs), "Outputs": _described(model.outputs)},
    }


def _described(tensors: Sequence[Tensor]) -> list[Mapping[str, Any]]:
    return [{"name": one.name, "dtype": one.dtype, "shape": list(one.shape)} for one in tensors]


def pack(library: Path, meta: Mapping[str, Any], artifact: Path) -> None:
    """Write the artifact, without times, owners or anything else that differs between two runs."""
    text = json.dumps(meta, indent=2, sort_keys=True).encode()
    with (
        artifact.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        with library.open("rb") as content:
            tar.addfile(_entry(library.name, library.stat().st_size, 0o755), content)
        tar.addfile(_entry(MANIFEST, len(text), 0o644), io.BytesIO(text))


def _entry(name: str, size: int, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, mode
    return entry
