"""What an artifact is, beside what is wrong with it: for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any

from reconciler.cli.findings.printable import printable
from reconciler.cli.verification.orders import VerifyOrder
from reconciler.cli.verification.running import run_facts
from reconciler.cli.verification.verifying import Verified
from reconciler.inspection.model import Tensor
from reconciler.verification.artifact import Artifact
from reconciler.verification.description import Description
from reconciler.verification.elf import SharedLibrary
from reconciler.verification.provenance import Provenance


def lines(each: Verified) -> Iterator[str]:
    """Yield a heading and a line for each fact."""
    yield f"{printable(each.order.name)} ({each.artifact.size:,} bytes)"
    ran = run_facts(each.run) if each.run else ()
    for name, value in chain(_facts(each.order, each.artifact), ran):
        yield f"  {name:<9} {printable(value)}"


def _facts(order: VerifyOrder, artifact: Artifact) -> Iterator[tuple[str, str]]:
    if order.where != order.name:
        yield "object", order.where
    described = artifact.description
    target = order.expected.target or (described.target if described else "")
    if target:
        yield "target", target
    for path, library in artifact.libraries.items():
        yield from _of_library(path, library)
    if described:
        yield from _of_description(described)
    if order.provenance:
        yield from _of_provenance(order.provenance)


def _of_library(path: str, library: SharedLibrary) -> Iterator[tuple[str, str]]:
    yield "library", f"{path}: {_kind(library)}"
    if library.needed:
        yield "needs", ", ".join(library.needed)
    versions = sorted({one for some in library.versions.values() for one in some})
    if versions:
        yield "versions", ", ".join(versions)


def _of_description(described: Description) -> Iterator[tuple[str, str]]:
    for name, tensors in (("input", described.inputs), ("output", described.outputs)):
        for tensor in tensors:
            yield name, _tensor(tensor)
    if described.engine:
        yield "engine", described.engine


def _of_provenance(provenance: Provenance) -> Iterator[tuple[str, str]]:
    if provenance.job_arn:
        yield "job", provenance.job_arn
    if provenance.source:
        digest = f" (sha256 {provenance.source_sha256})" if provenance.source_sha256 else ""
        yield "source", provenance.source + digest


def data(each: Verified) -> Mapping[str, Any]:
    """Return the facts as JSON's values."""
    order, artifact = each.order, each.artifact
    described = artifact.description
    return {
        "name": order.name,
        "location": order.where,
        "bytes": artifact.size,
        "sha256": artifact.sha256 or None,
        "digest": artifact.digest.verdict() if artifact.digest else None,
        "target": order.expected.target or (described.target if described else "") or None,
        "engine": (described.engine if described else "") or None,
        "libraries": [
            {
                "path": path,
                "machine": library.machine,
                "bits": library.bits,
                "float_abi": library.float_abi,
                "needed": list(library.needed),
                "versions": {name: list(some) for name, some in library.versions.items()},
            }
            for path, library in artifact.libraries.items()
        ],
        "inputs": [_tensor_data(one) for one in described.inputs] if described else None,
        "outputs": [_tensor_data(one) for one in described.outputs] if described else None,
        "provenance": asdict(order.provenance) if order.provenance else None,
        "run": asdict(each.run) if each.run else None,
    }


def _kind(library: SharedLibrary) -> str:
    convention = f", {library.float_abi} float ABI" if library.float_abi else ""
    return f"{library.bits}-bit {library.machine}{convention}"


def _tensor(tensor: Tensor) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in tensor.shape or ())
    return f"{tensor.name} {tensor.dtype or 'unknown'}[{sizes}]"


def _tensor_data(tensor: Tensor) -> Mapping[str, Any]:
    return {"name": tensor.name, "dtype": tensor.dtype or None, "shape": list(tensor.shape or ())}
